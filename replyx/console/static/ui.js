// What every page of the console is made of: templates, texts, form fields, alerts, times.
import { h } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import htm from "htm";
import { clock } from "replyx/hours.js";
import { textsFor } from "./texts.js";

export const html = htm.bind(h);
export const lang = navigator.language.toLowerCase().startsWith("ru") ? "ru" : "en";
export const texts = textsFor(lang);

/** An error in words; `special` has texts that fit this place better, by code, and `waitHours` for a long wait. */
export function why(error, special = {}) {
  const minutes = error.code === "rate_limited" ? Math.ceil(error.retryAfter / 60) : 0;
  if (minutes > 60) return (special.waitHours ?? texts.waitHours)(Math.ceil(minutes / 60));
  if (minutes > 1) return texts.wait(minutes);
  return special[error.code] ?? texts.errors[error.code] ?? texts.errors.internal;
}

export const Alert = ({ children }) => children ? html`<p class="alert" role="alert">${children}</p>` : null;

export function Field({ label, hint, isFirst, ...input }) {
  const id = useId();
  const box = useRef();
  useEffect(() => { if (isFirst) box.current.focus(); }, []);
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input ref=${box} id=${id} required aria-describedby=${hint && `${id}-hint`} ...${input} />
    ${hint && html`<small id="${id}-hint">${hint}</small>`}
  </div>`;
}

/** A form that sends its fields to `onSend`; what that throws is shown by `explain(error)`. */
export function Form({ children, submit, onSend, explain = why }) {
  const failure = useSignal("");
  const isBusy = useSignal(false);
  const send = async (event) => {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    // An alert that stays the same would not be read out again.
    failure.value = "";
    try {
      await onSend(Object.fromEntries(new FormData(event.target)));
    } catch (error) {
      failure.value = explain(error);
    }
    isBusy.value = false;
  };
  return html`<form onSubmit=${send}>
    ${children}
    <${Alert}>${failure.value}<//>
    <button class="primary" type="submit" aria-busy=${isBusy.value}>${submit}</button>
  </form>`;
}

const CLOCK = clock();

/** A time of today as a clock shows it, an earlier one with its day. What a browser gives as its language need be none. */
export function When({ at }) {
  if (!at) return null;
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const format = isToday ? CLOCK : { day: "numeric", month: "short", ...CLOCK };
  return html`<time datetime=${at}>${date.toLocaleString(undefined, format)}</time>`;
}
