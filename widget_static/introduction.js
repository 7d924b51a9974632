// Who the page says its guest is, until the server has heard it.

/** `send(profile)` resolves at the server's answer and rejects with a RequestError; `onError(error)` hears of a refusal. */
export class Introduction {
  #profile; // what is unsaid
  #passed; // what the server has looked at, and could not keep
  #answered; // what the server has taken or refused, the last of it
  #isSaying = false;

  constructor({ send, onError }) {
    Object.assign(this, { send, onError });
  }

  /** A signature is good for all that it was made with: who somebody is is replaced as a whole, attributes one by one. */
  set({ attributes, ...who }) {
    const { attributes: before, ...whoBefore } = this.#profile ?? {};
    this.#profile = { ...(Object.keys(who).length ? who : whoBefore), attributes: { ...before, ...attributes } };
  }

  /** Tell the server. Unless it has a dialog of the guest's (`isKept`) it only looks whether the profile is right, and that
   * waits for the first line. What failed for a while goes again with the next call. */
  async say(isKept) {
    const profile = this.#profile;
    if (!profile || this.#isSaying || (!isKept && profile === this.#passed)) return;
    this.#isSaying = true;
    try {
      await this.send(profile);
      if (isKept) this.#done(profile);
      else this.#passed = profile;
    } catch (error) {
      if (!error.retry) this.#done(profile, error);
    } finally {
      this.#isSaying = false;
    }
    if (this.#profile && this.#profile !== profile) this.say(isKept);
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
    const passed = this.#passed === profile ? undefined : this.#passed;
    // What is refused does not take along what was right before. What the page has set meanwhile is still to be said.
    if (this.#profile === profile) this.#profile = error && passed;
    if (!error) this.#passed = undefined;
    // The first line may have gone out with it while the server was looking.
    if (error && this.#answered !== profile) this.onError(error);
    this.#answered = profile;
  }
}
