// The desk as the manager sees it: the bar on top, the list of dialogs, and the open one beside it.
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Account } from "./account.js";
import { Delivery } from "./delivery.js";
import { VIEWS } from "./desk.js";
import { nameOf } from "./guest.js";
import { plain } from "./plain.js";
import { Letters } from "./letters.js";
import { signOut } from "./session.js";
import { SiteView } from "./site_view.js";
import { ThreadView } from "./thread_view.js";
import { Alert, When, html, texts, why } from "./ui.js";

const PLACES = { site: SiteView, delivery: Delivery };
const FOR_OWNERS = ["site"];

const placesFor = ({ role }) => Object.keys(PLACES).filter((name) => role === "owner" || !FOR_OWNERS.includes(name));
const placeOf = (desk) => placesFor(desk.me.value).find((name) => name === desk.place.value.split("/")[0]);

export function DeskView({ desk }) {
  const thread = desk.thread.value;
  const Place = PLACES[placeOf(desk)];
  const last = useRef();
  useEffect(() => {
    if (!thread && last.current) document.querySelector(`.row[href="#${last.current}"]`)?.focus();
    last.current = thread?.id;
  }, [thread]);
  return html`<div class="desk" data-pane=${thread || Place ? "thread" : "list"}>
    <${Bar} desk=${desk} />
    <${List} desk=${desk} />
    ${thread ? html`<${ThreadView} key=${thread.id} desk=${desk} thread=${thread} />`
      : Place ? html`<${Place} desk=${desk} />` : html`<main class="nothing">${texts.choose}</main>`}
  </div>`;
}

function Bar({ desk }) {
  const isAccountShown = useSignal(false);
  const areLettersShown = useSignal(false);
  const mail = desk.mail.value;
  const leave = () => signOut().catch((error) => { desk.failure.value = error; });
  return html`<header class="bar" data-state=${desk.state.value}>
    <strong class="brand">ReplyX</strong>
    <p role="status" class="state">${texts[desk.state.value]}</p>
    ${placesFor(desk.me.value).map((name) => html`<a key=${name} href="#/${name}"
      aria-current=${placeOf(desk) === name ? "page" : undefined}>${texts[name].title}</a>`)}
    ${mail.dead > 0 && html`<button type="button" class="trouble" onClick=${() => { areLettersShown.value = true; }}>
      ${texts.givenUp(mail.dead)}</button>`}
    <button type="button" onClick=${() => { isAccountShown.value = true; }}>${texts.account}</button>
    <button type="button" onClick=${leave}>${texts.signOut}</button>
  </header>
  ${isAccountShown.value && html`<${Account} me=${desk.me.value} mail=${mail}
    onClose=${() => { isAccountShown.value = false; }} />`}
  ${areLettersShown.value && html`<${Letters} onClose=${() => { areLettersShown.value = false; }} />`}`;
}

function List({ desk }) {
  const rows = desk.rows.value;
  const floor = desk.floor.value;
  return html`<section class="list">
    <${Views} desk=${desk} />
    <${Alert}>${desk.failure.value && why(desk.failure.value)}<//>
    <ul role="list" aria-label=${texts.dialogs}>
      ${rows.map((row) => html`<li key=${row.id}><${Row} desk=${desk} row=${row} /></li>`)}
    </ul>
    ${!rows.length && html`<p class="empty">${floor === undefined ? texts.loading : texts.empty[desk.view.value]}</p>`}
    ${typeof floor === "number"
      && html`<button class="more" type="button" onClick=${() => desk.more()}>${texts.more}</button>`}
  </section>`;
}

function Views({ desk }) {
  return html`<fieldset class="views">
    <legend class="spoken">${texts.show}</legend>
    ${Object.keys(VIEWS).map((view) => html`<label key=${view}>
      <input type="radio" name="view" checked=${desk.view.value === view} onChange=${() => desk.show(view)} />
      <span>${texts.views[view]}
        ${view === "waiting" && desk.waiting.value > 0 && html`${" "}<b>${desk.waiting.value}</b>`}</span>
    </label>`)}
  </fieldset>`;
}

const AUTHORS = { manager: texts.handlers.manager, assistant: texts.assistant };

/** The last line, with who wrote it where it was not the guest. Guests' text is only ever text. */
function lastLine({ sender, author, manager_id: managerId, text }, me) {
  if (!Object.hasOwn(AUTHORS, sender)) return text;
  return `${managerId === me.id ? texts.me : author ?? AUTHORS[sender]}: ${plain(text)}`;
}

function Row({ desk, row }) {
  desk.changes.value;
  const isUnread = row.last_guest_message_id > row.manager_read_id;
  const hasUnsent = desk.outboxes.hasUnsent(row.id);
  return html`<a href="#${row.id}" class=${isUnread ? "row unread" : "row"}
    aria-current=${desk.thread.value?.id === row.id ? "true" : undefined}>
    <span class="who" title=${nameOf(row)}><span class="name">${nameOf(row)}</span>${row.guest.verified
      && html`${" "}<span class="tick" role="img" aria-label=${texts.about.verified}>✓</span>`}</span>${" "}
    ${desk.sites.value.length > 1 && html`<span class="site">${row.site.name}</span>${" "}`}
    <${When} at=${row.last_message?.created_at} />${" "}
    <span class="preview">${row.last_message && lastLine(row.last_message, desk.me.value)}</span>${" "}
    ${hasUnsent && html`<span class="badge unsent">${texts.unsent}</span>${" "}`}
    <${Handler} row=${row} me=${desk.me.value} />
    ${isUnread && html`<span class="dot" role="img" aria-label=${texts.unread} />`}
  </a>`;
}

function Handler({ row, me }) {
  const state = row.status === "closed" ? "closed" : row.handler;
  const name = row.manager_id === me.id ? texts.me : row.manager?.name;
  return html`<span class="badge ${state}">${state === "manager" && name ? name : texts.handlers[state]}</span>`;
}
