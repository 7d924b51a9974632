// The CSS variables of a site's look: which there are, and what each may hold. The page has the server's own list.
import { html, texts } from "./ui.js";

const { look: words } = texts.site;
// {name: [kind, pattern]}
const VARIABLES = JSON.parse(document.body.dataset.variables);

// A name is not to be broken at its hyphens.
const namesOf = (kinds) => Object.keys(VARIABLES).filter((name) => kinds.includes(VARIABLES[name][0]))
  .map((name, index, names) => html`<span class="whole">${name}${index < names.length - 1 ? "," : "."}</span>${" "}`);

export const hint = html`${words.variablesHint.colours} ${namesOf(["color"])}${words.variablesHint.others} ${namesOf(["length", "fonts"])}`;

/** What is wrong with a line, in words. */
export const wrongIn = (line, name) => Object.hasOwn(VARIABLES, name) ? words.wrongValue[VARIABLES[name][0]](line, name)
  : words.wrongName(line, name);

export const isVariable = (name, value) => Object.hasOwn(VARIABLES, name) && new RegExp(`^(?:${VARIABLES[name][1]})$`).test(value);
