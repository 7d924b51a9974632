// How well one colour is read on another, by the rules of WCAG. Colours here are [r, g, b], 0..255.

/** `#rgb` or `#rrggbb`, with or without what stands behind that. */
export function channels(color) {
  const digits = color.slice(1);
  const pairs = digits.length < 6 ? [...digits].map((digit) => digit + digit) : digits.match(/../g);
  return pairs.slice(0, 3).map((pair) => parseInt(pair, 16));
}

export function luminance([r, g, b]) {
  const linear = (value) => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** From 1 to 21. */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
