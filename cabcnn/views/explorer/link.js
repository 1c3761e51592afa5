// The link to what is shown: the example with its model and T, which Python reads (links.py), and
// what the visitor chose (public_api.js), which is read here. A link never contains a visitor's
// own sound.

/** @import { Clip, Link } from "../types.d.ts" */
/** @typedef {import("./public_api.js").PublicApi} PublicApi */
/** @typedef {import("./view.js").ExplorerElement} ExplorerElement */

const STATUS_MS = 6000;

/**
 * The address of `page` with all that after its #; the second is the `link` of the payload.
 * @param {string} page
 * @param {Link} link
 * @param {object} snapshot
 */
export function linkTo(page, { example, model, seconds }, snapshot) {
  const query = new URLSearchParams();
  if (example) query.set("example", example);
  query.set("model", model);
  query.set("seconds", String(seconds));
  if (Object.keys(snapshot).length) query.set("view", JSON.stringify(snapshot));
  const url = new URL(page);
  url.hash = query.toString();
  return url.href;
}

/**
 * What a link has chosen of the clip, or null. Links may come from anywhere.
 * @param {string} hash
 * @returns {Record<string, unknown> | null}
 */
export function chosenIn(hash) {
  const text = new URLSearchParams(hash.replace(/^#/, "")).get("view");
  if (text === null) return null;
  try {
    const chosen = JSON.parse(text);
    return chosen && typeof chosen === "object" && !Array.isArray(chosen) ? chosen : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

// Choices that belong to a clip and mean nothing without it.
/** @type {(keyof ReturnType<PublicApi["snapshot"]>)[]} */
const OF_THE_CLIP = ["muted", "region", "until", "row", "moment", "window"];

export class LinkButton {
  /**
   * @param {ExplorerElement} root
   * @param {HTMLButtonElement} button
   * @param {HTMLElement} status
   */
  constructor(root, button, status) {
    this.root = root;
    this.button = button;
    this.status = status;
    /** @type {Link | null} */
    this.link = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
    button.addEventListener("click", () => this.copy());
  }

  /** @param {Pick<Clip, "link">} clip */
  begin({ link }) {
    this.link = link;
    this.button.hidden = !link;
    this.say("");
    if (!link?.opened) return;
    const chosen = chosenIn(location.hash);
    const left = (chosen && this.root.explorer?.restore(chosen)) ?? [];
    if (left.length) this.say(`Some of the link does not fit this clip: ${left.join(", ")}.`);
  }

  async copy() {
    if (!this.link || !this.root.explorer) return;
    const snapshot = this.root.explorer.snapshot();
    const own = !this.link.example;
    if (own) for (const name of OF_THE_CLIP) delete snapshot[name];
    const link = linkTo(location.href, this.link, snapshot);
    const what = own ? " It has the model and T, but not your own sound." : "";
    if (await written(link)) this.say(`Link copied.${what}`);
    else this.say(`Copy it from here.${what}`, link);
  }

  /**
   * @param {string} text
   * @param {string | null} link
   */
  say(text, link = null) {
    clearTimeout(this.resting);
    this.status.textContent = text;
    if (link) {
      const box = document.createElement("input");
      Object.assign(box, { value: link, readOnly: true, className: "cav-link-text" });
      box.setAttribute("aria-label", "Link");
      this.status.append(box);
      box.select();
    } else if (text) {
      this.resting = setTimeout(() => this.say(""), STATUS_MS);
    }
  }
}

/**
 * Browsers let a page write to the clipboard over HTTPS or on localhost only, and may refuse.
 * @param {string} text
 */
async function written(text) {
  if (!navigator.clipboard) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}
