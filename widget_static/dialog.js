// What the page knows of one dialog: its lines by id, and up to which id it has them all.

export class Dialog {
  view = null; // the server's dialog, or null before the first line
  messages = new Map();
  // Broadcasts that come while we may miss lines before them don't move this.
  caughtUpTo = 0;
  hasEarlier = false;
  // Each change of the connection may have cost us lines: a gap, numbered, and the last one that was filled.
  gap = 1;
  #filled = 0;

  get id() { return this.view?.id; }

  get isStale() { return this.#filled !== this.gap; }

  lose() { this.gap += 1; }

  /** What was missing when the gap had this number is here; a gap since then stays open. */
  fill(gap) { this.#filled = gap; }

  /** Lines in order. */
  get lines() { return [...this.messages.values()].sort((a, b) => a.id - b.id); }

  /** A dialog and its newest lines, asked for at `gap`. Lines of another one, or with a hole to these, are forgotten. */
  show(view, messages, more, gap) {
    if (view.id !== this.id || (more && messages[0].id > this.caughtUpTo)) {
      this.messages.clear();
      this.caughtUpTo = 0;
      this.hasEarlier = more;
    }
    this.view = view;
    this.addPage(messages);
    this.fill(gap);
  }

  /** The next lines after `caughtUpTo`, without a gap. */
  addPage(messages) {
    for (const message of messages) this.messages.set(message.id, message);
    if (messages.length) this.caughtUpTo = Math.max(this.caughtUpTo, messages.at(-1).id);
  }

  addEarlier(messages, more) {
    for (const message of messages) this.messages.set(message.id, message);
    this.hasEarlier = more;
  }

  /** A line from a broadcast or an ack; false if we had it. */
  add(message, isBroadcast) {
    if (message.dialog_id !== this.id) return false;
    const isNew = !this.messages.has(message.id);
    this.messages.set(message.id, message);
    if (isBroadcast && !this.isStale) this.caughtUpTo = Math.max(this.caughtUpTo, message.id);
    return isNew;
  }

  update(view) {
    if (view.id === this.id) this.view = view;
  }

  markRead(sender, messageId) {
    const mark = `${sender}_read_id`;
    if (this.view && messageId > this.view[mark]) this.view = { ...this.view, [mark]: messageId };
  }
}

/** Bring `dialog` up to date: `sync` beside an open socket, the lines themselves without one. */
export async function catchUp(connection, dialog) {
  if (connection.isOnline && !dialog.isStale) {
    const { last_message_id: last, dialog: view } = await connection.request("sync", { dialog_id: dialog.id });
    dialog.update(view);
    if (last <= dialog.caughtUpTo) return;
  }
  const { gap } = dialog;
  for (let more = true; more;) {
    const payload = { dialog_id: dialog.id, after: dialog.caughtUpTo, limit: 200 };
    const page = await connection.request("message_list", payload);
    if (page.dialog.id !== dialog.id) return;
    dialog.addPage(page.messages);
    dialog.update(page.dialog);
    more = page.more;
  }
  dialog.fill(gap);
}
