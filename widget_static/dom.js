// The two words that every part of the page says.

export const $ = (id) => document.getElementById(id);

/** A new element; `properties` are the DOM's (className, textContent, ...), `children` nodes or text. */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A person's picture, or the first letter of their name; the name itself stands beside it. */
export function portrait(name, url) {
  const made = element("span", { className: "portrait" }, [...name.trim()][0]?.toUpperCase() ?? "");
  made.ariaHidden = "true";
  // Over the letter, which stays when the picture does not come.
  if (url) made.append(element("img", { src: url, alt: "" }));
  return made;
}

/** Whether a key sends what is written: an Enter that chooses among an input method's words does not. In Safari that one comes when
 * the composing is over, and has this code alone (WebKit bug 165004). */
export const isEnter = ({ key, shiftKey, isComposing, keyCode }) => key === "Enter" && !shiftKey && !isComposing && keyCode !== 229;
