// The console: one page at a time, and a title that tells how many guests wait.
import { render } from "preact";
import { effect } from "@preact/signals";
import { DeskView } from "./desk_view.js";
import { SetUp, SignIn, Waiting } from "./entry.js";
import { desk, page, start } from "./session.js";
import { html, lang, texts } from "./ui.js";

const PAGES = {
  loading: () => html`<p class="loading">${texts.loading}</p>`,
  waiting: Waiting,
  setup: SetUp,
  sign_in: SignIn,
  desk: () => html`<${DeskView} desk=${desk.value} />`,
};

const App = () => html`<${PAGES[page.value]} />`;

document.documentElement.lang = lang;
effect(() => {
  const waiting = desk.value?.waiting.value ?? 0;
  document.title = waiting ? `(${waiting}) ReplyX` : "ReplyX";
});
render(html`<${App} />`, document.getElementById("app"));
start();
