// The open dialog as the manager sees it. What people wrote goes in as text or as nodes made one by one, never as HTML.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { isEnter } from "replyx/dom.js";
import { fromHtml, fromText } from "replyx/rich.js";
import { filesIn, pastedFiles } from "replyx/transfer.js";
import { AttachButton, Attached, Files, attach } from "./attachments.js";
import { Portrait } from "./avatar.js";
import { Badge, Details, nameOf } from "./guest.js";
import { Alert, When, html, texts, why } from "./ui.js";

const NEAR_END = 60;
const TALLEST = 160;
const LONGEST = 10000;
const isVeryWide = () => matchMedia("(min-width: 1200px)").matches;
const isWide = () => matchMedia("(min-width: 801px)").matches;

export function ThreadView({ desk, thread }) {
  desk.changes.value;
  const { view } = thread.dialog;
  const failure = thread.failure.value;
  const back = useRef();
  const areDetailsShown = useSignal(isVeryWide());
  const drop = useDrop(thread, view?.status === "open");
  useEffect(() => { if (!isWide()) back.current.focus(); }, []);
  return html`<main class="thread" ...${drop}>
    <header>
      <a class="back" ref=${back} href="#" aria-label=${texts.back}>‹</a>
      <div class="about">
        <h1>${view ? nameOf(view) : !failure && texts.loading}</h1>
        ${view && html`<${Badge} guest=${view.guest} />`}
        ${view && html`<p>${desk.sites.value.length > 1 && `${view.site.name}. `}${inWords(view, desk.me.value)}
          ${view.email && html` <a href="mailto:${view.email}">${view.email}</a>`}</p>`}
      </div>
      ${view && html`<button class="toggle" type="button" aria-expanded=${areDetailsShown.value} aria-controls="details"
        onClick=${() => { areDetailsShown.value = !areDetailsShown.value; }}>${texts.about.title}</button>`}
      ${view && html`<div class="actions">
        ${actions(view, desk.me.value).map((action) => html`<button key=${action} class=${action} type="button"
          onClick=${(event) => once(event, () => act(event, thread, action))}>${texts[action]}</button>`)}
      </div>`}
    </header>
    <${Alert}>${failure && why(failure.error, texts.threadErrors[failure.action])}<//>
    <div class="both">
      <div class="talk">
        <${Log} desk=${desk} thread=${thread} />
        <p class="typing" role="status">${thread.isTyping.value && view && texts.typing(nameOf(view))}</p>
        ${view?.status === "closed" && html`<p class="closed-note">${texts.isClosed}</p>`}
        <p class="taken" role="status">${isColleagues(view, desk.me.value) && texts.taken(view.manager?.name ?? texts.states.someone)}</p>
        ${view?.status === "open" && html`<${Composer} thread=${thread} />`}
      </div>
      ${view && html`<aside id="details" class="details" aria-label=${texts.about.title} tabindex="-1"
        hidden=${!areDetailsShown.value}><${Details} view=${view} /></aside>`}
    </div>
  </main>`;
}

/** Files that are dropped anywhere on an open dialog are attached to the reply. */
function useDrop(thread, isOn) {
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  // A file that nobody takes would replace the console.
  return {
    onDragOver: (event) => { if (hasFiles(event)) event.preventDefault(); },
    onDrop: (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (isOn) attach(thread.reply, filesIn(event.dataTransfer));
    },
  };
}

function inWords(view, me) {
  if (view.status === "closed") return texts.states.closed;
  if (view.handler !== "manager") return texts.states[view.handler];
  return view.manager_id === me.id ? texts.states.mine : texts.states.manager(view.manager?.name ?? texts.states.someone);
}

/** Whether a colleague answers here: a reply would be one more voice. */
const isColleagues = (view, me) => view?.status === "open" && view.handler === "manager" && ![null, me.id].includes(view.manager_id);

/** What may be done: the server's rules, so that no button is there only to be refused. */
function actions(view, me) {
  if (view.status === "closed") return ["reopen"];
  const isFree = view.handler !== "manager" || view.manager_id === null || (me.role === "owner" && view.manager_id !== me.id);
  const mayRelease = view.handler === "manager" && ([null, me.id].includes(view.manager_id) || me.role === "owner");
  return ["close", ...mayRelease ? ["release"] : [], ...isFree ? ["takeover"] : []];
}

/** The button goes away with what it did: the focus goes on to the one in its place. */
async function act(event, thread, action) {
  const box = event.currentTarget.parentElement;
  await thread.act(action);
  requestAnimationFrame(() => { if (!box.contains(document.activeElement)) box.lastElementChild?.focus(); });
}

/** The second click of a double click would hit the button that the first one brought. */
function once(event, run) {
  if (event.detail < 2) run();
}

function Log({ desk, thread }) {
  desk.changes.value;
  const box = useRef();
  const place = useRef({ isAtEnd: true });
  const { lines } = thread;
  useLayoutEffect(() => keepPlace(box.current, place.current, lines));
  useEffect(() => {
    const node = box.current;
    const stay = () => { if (place.current.isAtEnd) node.scrollTop = node.scrollHeight; };
    const resized = new ResizeObserver(stay);
    resized.observe(node);
    // A picture has no height before it is there.
    node.addEventListener("load", stay, true);
    return () => resized.disconnect();
  }, []);
  const scrolled = ({ target }) => {
    place.current.isAtEnd = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR_END;
  };
  const earlier = () => {
    place.current.isAtEnd = false;
    thread.earlier();
  };
  return html`<div class="log" ref=${box} onScroll=${scrolled} role="log" aria-label=${texts.messages} tabindex="0">
    ${thread.dialog.hasEarlier && html`<button class="earlier" type="button" onClick=${earlier}>${texts.earlier}</button>`}
    ${lines.map((line) => html`<${Line} key=${line.client_id} desk=${desk} thread=${thread} line=${line} />`)}
  </div>`;
}

/** Stay at the end; or, where earlier lines came in above, at the line that was being read. */
function keepPlace(box, place, lines) {
  const [first, last] = [lines[0]?.client_id, lines.at(-1)];
  const hasOwnNew = last?.state && last.client_id !== place.last;
  if (place.isAtEnd || hasOwnNew) box.scrollTop = box.scrollHeight;
  else if (first !== place.first) box.scrollTop += box.scrollHeight - place.height;
  Object.assign(place, { first, last: last?.client_id, height: box.scrollHeight });
}

// An outbox entry changes in place: only reading `changes` makes a component draw it again.
function Line({ desk, thread, line }) {
  desk.changes.value;
  const sender = line.sender ?? "manager";
  const files = line.attachments ?? line.more?.attachments;
  return html`<article class="${sender} ${line.state ?? ""}">
    <span class="author">${line.author?.avatar && html`<${Portrait} url=${line.author.avatar} />`}${authorOf(line, sender, thread, desk)}</span>
    ${line.text && html`<${Words} text=${line.text} html=${line.html} />`}
    ${files?.length > 0 && html`<${Files} files=${files} />`}
    <div class="foot" aria-live="off"><${Foot} thread=${thread} line=${line} sender=${sender} /></div>
  </article>`;
}

/** Text with links, or the server's HTML, of which only what is harmless is made anew. */
function Words({ text, html: rich }) {
  const box = useRef();
  useLayoutEffect(() => box.current.replaceChildren(...rich ? fromHtml(rich) : fromText(text)), [text, rich]);
  return html`<div class=${rich ? "text rich" : "text"} dir="auto" ref=${box} />`;
}

function authorOf(line, sender, thread, desk) {
  if (sender === "guest") return nameOf(thread.dialog.view);
  return line.author?.name ?? (line.state ? desk.me.value.name : texts[sender] ?? texts.handlers.manager);
}

function Foot({ thread, line, sender }) {
  thread.desk.changes.value;
  if (line.state === "failed") {
    return html`<span>${texts.failed(why({ code: line.reason }, texts.threadErrors.send))}</span>
      <button type="button" onClick=${() => thread.outbox.retry(line.client_id)}>${texts.retry}</button>
      <button type="button" onClick=${() => thread.outbox.drop(line.client_id)}>${texts.drop}</button>`;
  }
  const own = line.state === "waiting" && !line.isLate ? "sending" : line.state;
  const state = own ?? (thread.dialog.view.guest_read_id >= line.id ? "read" : "sent");
  return html`${line.id && line.id === thread.dialog.view?.left_message_id && html`<span class="left">${texts.isLeft}</span>`}
    <${When} at=${line.created_at} />${sender === "manager" && html`<span>${stateInWords(state, line)}</span>`}`;
}

function stateInWords(state, { cause }) {
  const isRefused = state === "waiting" && cause && cause !== "unreachable";
  return isRefused ? texts.later(why({ code: cause })) : texts.sending[state];
}

function Composer({ thread }) {
  const { reply } = thread;
  const box = useRef();
  // On a phone the keyboard would cover what the manager has come to read.
  useEffect(() => { grow(box.current); if (isWide()) box.current.focus(); }, []);
  const send = (event) => {
    event?.preventDefault();
    const text = box.current.value.trim();
    if ([...text].length > LONGEST) {
      box.current.setCustomValidity(texts.tooLong([...text].length, LONGEST));
      box.current.reportValidity();
      return;
    }
    if (!thread.send(text)) return;
    box.current.value = "";
    grow(box.current);
    box.current.focus();
  };
  useEffect(() => {
    reply.onReady = send;
    return () => { if (reply.onReady === send) reply.onReady = undefined; };
  });
  const paste = (event) => {
    const files = pastedFiles(event);
    if (!files.length) return;
    event.preventDefault();
    attach(reply, files);
  };
  const type = () => {
    box.current.setCustomValidity("");
    reply.text = box.current.value;
    grow(box.current);
    thread.typing.say(true);
  };
  const press = (event) => { if (isEnter(event)) send(event); };
  return html`<form class="composer" onSubmit=${send}>
    <${Attached} thread=${thread} />
    <${AttachButton} reply=${reply} />
    <textarea ref=${box} rows="1" aria-label=${texts.reply} placeholder=${texts.placeholder}
      defaultValue=${reply.text} onInput=${type} onKeyDown=${press} onPaste=${paste} />
    <button class="primary" type="submit">${texts.send}</button>
  </form>`;
}

function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, TALLEST)}px`;
}
