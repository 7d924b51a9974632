// Who a guest is, for the managers: the name, whether the site's server vouches for it, and what is known beside.
import { html, texts } from "./ui.js";

const { about: words } = texts;
const STARS = 5;

export const nameOf = ({ guest }) => guest.name || texts.guest(guest.id);

/** Whether the site's own server has signed who this is. A guest who claims nothing needs no badge. */
export function Badge({ guest: { user_id: userId, name, verified } }) {
  if (!verified && !userId && !name) return null;
  return html`<span class=${verified ? "tag verified" : "tag"} title=${verified ? words.verifiedHint : words.unverifiedHint}>
    ${verified ? words.verified : words.unverified}${userId && ` · ${userId}`}</span>`;
}

/** What the guest has told, and what the site tells of them. */
export function Details({ view }) {
  const { guest, email, form, rating, rating_text: comment } = view;
  const known = [
    ...guest.name ? [[words.name, guest.name]] : [],
    ...guest.user_id ? [[words.userId, guest.user_id]] : [],
    ...email ? [[texts.email, html`<a href="mailto:${email}">${email}</a>`]] : [],
  ];
  const attributes = Object.entries(guest.attributes ?? {});
  const isEmpty = !known.length && !attributes.length && !form?.length && !rating;
  return html`
    <h2>${texts.guest(guest.id)}</h2>
    ${isEmpty && html`<p class="help">${words.nothing}</p>`}
    <${List} rows=${known} />
    ${rating > 0 && html`<section><h3>${words.rating}</h3>
      <p class="stars" role="img" aria-label=${words.stars(rating, STARS)}>${"★".repeat(rating)}${"☆".repeat(STARS - rating)}</p>
      ${comment && html`<p class="comment">${comment}</p>`}</section>`}
    ${form?.length > 0 && html`<section><h3>${words.form}</h3>
      <${List} rows=${form.map(({ label, value }) => [label, inWords(value)])} /></section>`}
    ${attributes.length > 0 && html`<section><h3>${words.attributes}</h3>
      <${List} rows=${attributes.map(([name, value]) => [name, inWords(value)])} /></section>`}`;
}

const inWords = (value) => typeof value === "boolean" ? words[value ? "yes" : "no"] : String(value);

const List = ({ rows }) => rows.length > 0 && html`<dl>${rows.map(([name, value], index) => html`<div key=${index}>
  <dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
