/** A line of `texts/*.json` with its places filled: `fill("{name} answers.", { name: "Anna" })`. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
