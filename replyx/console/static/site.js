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

const draftOf = ({ name, domains, settings, assistant }) => ({ name, domains, settings, assistant_name: assistant.name });

export class Site {
  saved = signal(null); // as site.get gives it
  draft = signal(null);
  errors = signal({}); // by path
  failure = signal(null);
  state = signal(""); // "", "saving", "saved"
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
    this.errors.value = Object.fromEntries(Object.entries(this.errors.value).filter(([key]) => !isWithin(key, path)));
  }

  /** The server's words on what is wrong at a path or below it, or undefined. */
  errorAt(path) { return Object.entries(this.errors.value).find(([key]) => isWithin(key, path))?.[1]; }

  isDirty(tab) {
    const paths = tab ? TABS[tab] : Object.values(TABS).flat();
    const saved = draftOf(this.saved.value);
    return paths.some((path) => JSON.stringify(at(saved, path)) !== JSON.stringify(this.at(path)));
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
    const sent = TABS[tab].reduce((body, path) => changed(body, path, this.at(path)), draftOf(this.saved.value));
    try {
      const { site } = await this.#desk.request("site_set", { site_id: this.id, ...pick(sent, tab) });
      const kept = this.draft.value;
      this.saved.value = site;
      // What was typed while the answer was on its way is newer than the answer.
      this.draft.value = TABS[tab].reduce((draft, path) => JSON.stringify(at(kept, path)) === JSON.stringify(at(sent, path))
        ? changed(draft, path, at(draftOf(site), path)) : draft, kept);
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

/** Of what would be sent, the parts that belong to a page: `settings` go as a whole. */
function pick(sent, tab) {
  const parts = new Set(TABS[tab].map((path) => path.split("/")[0]));
  return Object.fromEntries([...parts].map((part) => [part, sent[part]]));
}

const opened = new WeakMap();

/** A desk's Site with this id. What is unsaved there is found again until the session ends. */
export function siteOf(desk, id) {
  const sites = opened.get(desk) ?? new Map();
  opened.set(desk, sites);
  if (!sites.has(id)) sites.set(id, new Site(desk, id));
  return sites.get(id);
}

export const hasUnsaved = (desk) => [...opened.get(desk)?.values() ?? []].some((site) => site.draft.value && site.isDirty());
