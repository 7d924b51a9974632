// Which lines have just come, and which are unread: told to the reader here and to the host page.

const MOST = 99;

/** A line in words: its text, or the names of its files. */
export const inWords = ({ text, attachments }) => text || (attachments ?? []).map(({ name }) => name).join(", ");

export class News {
  #dialogId;
  #seen = 0;
  #own = new Set(); // client_ids of lines that were in the outbox
  #told = "0";

  /** The lines that came since the last call, oldest first. A dialog that is shown for the first time brings none, unless
   * this page began it. */
  take({ id, lines }, entries) {
    if (id !== this.#dialogId) {
      this.#dialogId = id;
      this.#seen = this.#own.has(lines[0]?.client_id) ? 0 : lines.at(-1)?.id ?? 0;
    }
    for (const entry of entries) this.#own.add(entry.client_id);
    const fresh = lines.filter((line) => line.id > this.#seen);
    this.#seen = fresh.at(-1)?.id ?? this.#seen;
    return fresh;
  }

  /** Call `tell(count, preview)` when the number of unread lines has changed; `preview` is the newest, {author, text}. */
  tellUnread({ view, lines }, isSeen, tell) {
    const unread = isSeen || !view ? [] : lines.filter((line) => line.sender !== "guest" && line.id > view.guest_read_id);
    const last = unread.at(-1);
    const told = `${unread.length} ${last?.id ?? ""}`.trim();
    if (told === this.#told) return;
    this.#told = told;
    tell(Math.min(unread.length, MOST), last ? { author: last.author?.name ?? "", text: inWords(last) } : null);
  }
}
