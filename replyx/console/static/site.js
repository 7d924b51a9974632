// A site's settings while an owner edits them: what the server has, what was changed since, and what was refused.
import { signal } from "@preact/signals";
import { at, changed, flat } from "./paths.js";

// The pages, and which settings each of them saves.
export const TABS = {
  look: ["settings/look", "assistant_name"],
  greeting: ["settings/greeting", "settings/proactive"],
  forms: ["settings/prechat", "settings/offline"],
  hours: ["settings/hours", "settings/reply_time"],
  features: ["files", "emoji", "sound", "rating", "transcript"].map((name) => `settings/${name}`),
  texts: ["settings/lang", "settings/texts"],
  install: ["name", "domains"],
  identity: [],
};

const ALL = Object.values(TABS).flat();

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const draftOf = ({ name, domains, settings, assistant }) => ({ name, domains, settings, assistant_name: assistant.name });

export class Site {
  saved = signal(null); // as site.get gives it
  draft = signal(null);
  errors = signal({}); // by path
  failure = signal(null);
  state = signal(""); // "", "saving", "saved"
  view = signal(""); // which the preview shows: "chat", "prechat", "offline", or "" for the page's own
  lines = signal(null); // the {lang, lines} that are being edited, ours as [key, text]
  #desk;

  constructor(desk, id) {
    this.#desk = desk;
    this.id = id;
  }

  /** Take over what the server has. What is being edited stays. */
  async load() {
    try {
      const { site } = await this.#desk.request("site_get", { site_id: this.id });
      if (!this.draft.value || !this.isDirty()) this.#take(site);
      this.failure.value = null;
    } catch (error) {
      this.failure.value = error;
    }
  }

  #take(site) {
    this.saved.value = site;
    this.draft.value = draftOf(site);
  }

  at(path) { return at(this.draft.value, path); }

  set(path, value) {
    this.draft.value = changed(this.draft.value, path, value);
    this.state.value = "";
    // What was refused is being corrected.
    const errors = Object.entries(this.errors.value);
    const left = errors.filter(([key]) => !isWithin(key, path));
    if (left.length === errors.length) return;
    this.errors.value = Object.fromEntries(left);
    if (!left.length) this.failure.value = null;
  }

  /** The server's words on what is wrong at a path or below it, or undefined. */
  errorAt(path) { return Object.entries(this.errors.value).find(([key]) => isWithin(key, path))?.[1]; }

  isDirty(tab) {
    const saved = draftOf(this.saved.value);
    return (tab ? TABS[tab] : ALL).some((path) => !isSame(at(saved, path), this.at(path)));
  }

  discard(tab) {
    const saved = draftOf(this.saved.value);
    for (const path of TABS[tab]) this.set(path, at(saved, path));
    this.failure.value = null;
  }

  /** Save one page; what is unsaved on others stays so. True when the server has it. */
  async save(tab) {
    if (this.state.value === "saving") return false;
    this.state.value = "saving";
    this.failure.value = null;
    this.errors.value = {};
    const sent = TABS[tab].reduce((body, path) => changed(body, path, this.at(path)), {});
    const before = draftOf(this.saved.value);
    try {
      const { site } = await this.#desk.request("site_set", { site_id: this.id, ...sent });
      const after = draftOf(site);
      // What was typed while the answer was on its way is newer than the answer; what was not touched may be another owner's.
      const isOurs = (path) => !isSame(this.at(path), TABS[tab].includes(path) ? at(sent, path) : at(before, path));
      this.draft.value = ALL.reduce((draft, path) => (isOurs(path) ? changed(draft, path, this.at(path)) : draft), after);
      this.saved.value = site;
      this.state.value = "saved";
      return true;
    } catch (error) {
      this.state.value = "";
      this.errors.value = flat(error.fields ?? {});
      this.failure.value = error;
      return false;
    }
  }
}

const isWithin = (key, path) => key === path || key.startsWith(`${path}/`);

const opened = new WeakMap();

/** A desk's Site with this id. What is unsaved there is found again until the session ends. */
export function siteOf(desk, id) {
  const sites = opened.get(desk) ?? new Map();
  opened.set(desk, sites);
  if (!sites.has(id)) sites.set(id, new Site(desk, id));
  return sites.get(id);
}

export const hasUnsaved = (desk) => [...opened.get(desk)?.values() ?? []].some((site) => site.draft.value && site.isDirty());
