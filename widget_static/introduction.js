// Who the page says its guest is, until the server has heard it.

/** `send(profile)` resolves at the server's answer and rejects with a RequestError; `onError(error)` hears of a refusal. */
export class Introduction {
  #profile; // what is unsaid
  #isSaying = false;

  constructor({ send, onError }) {
    Object.assign(this, { send, onError });
  }

  /** A signature is good for all that it was made with: who somebody is is replaced as a whole, attributes one by one. */
  set({ attributes, ...who }) {
    const { attributes: before, ...whoBefore } = this.#profile ?? {};
    this.#profile = { ...(Object.keys(who).length ? who : whoBefore), attributes: { ...before, ...attributes } };
  }

  /** Tell the server, which has a dialog of the guest's. What failed for a while goes again with the next call. */
  async say() {
    const profile = this.#profile;
    if (!profile || this.#isSaying) return;
    this.#isSaying = true;
    try {
      await this.send(profile);
      this.#done(profile);
    } catch (error) {
      if (!error.retry) this.#done(profile, error);
    } finally {
      this.#isSaying = false;
    }
    if (this.#profile && this.#profile !== profile) this.say();
  }

  /** Run `open(profile)`, the request that makes a dialog. A line is not lost because its profile was refused. */
  async withProfile(open) {
    const profile = this.#profile;
    try {
      await open(profile);
      this.#done(profile);
    } catch (error) {
      if (!profile || error.retry) throw error;
      await open(undefined);
      this.#done(profile, error);
    }
  }

  #done(profile, error) {
    // What the page has set meanwhile is still to be said.
    if (this.#profile === profile) this.#profile = undefined;
    if (error) this.onError(error);
  }
}
