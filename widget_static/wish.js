// The guest's wish for a person, kept until the server knows of it, over reloads too.
const PERSON = "person";

/** `ask()` tells the server of it, and rejects with a RequestError. */
export class Wish {
  isOpen;

  constructor({ stored, storage, ask }) { Object.assign(this, { storage, ask, isOpen: PERSON in stored }); }

  make() { this.#set(true); }

  /** The server has a dialog to hand over. Rejects with RequestError. */
  async tell() {
    if (!this.isOpen) return;
    try {
      await this.ask();
    } catch (error) {
      // What can succeed later is asked again with the next news from the server.
      if (!error.retry) this.#set(false);
      throw error;
    }
    this.#set(false);
  }

  #set(isOpen) {
    this.isOpen = isOpen;
    if (isOpen) this.storage.save(PERSON, "yes");
    else this.storage.remove(PERSON);
  }
}
