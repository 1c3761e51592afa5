// The link to what is shown: the example with its model and T, which Python reads (links.py), and
// what was chosen of it (explorer.js), which is read here. A sound of one's own is in no link.

const SAID_MS = 6000;

// The address of `page` with all that after its #; the second is the `link` of the payload.
export function linkTo(page, { example, model, seconds }, snapshot) {
  const asked = new URLSearchParams();
  if (example) asked.set("example", example);
  asked.set("model", model);
  asked.set("seconds", String(seconds));
  if (Object.keys(snapshot).length) asked.set("view", JSON.stringify(snapshot));
  const url = new URL(page);
  url.hash = asked.toString();
  return url.href;
}

// What a link has chosen of the clip, or null. Links come from anywhere.
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

// What belongs to a clip: without the clip it means nothing.
const OF_THE_CLIP = ["muted", "region", "until", "row", "moment", "window"];

export class LinkButton {
  constructor(root, button, said) {
    Object.assign(this, { root, button, said });
    button.addEventListener("click", () => this.copy());
  }

  begin({ link }) {
    this.link = link;
    this.button.hidden = !link;
    this.say("");
    if (!link?.opened) return;
    const chosen = chosenIn(location.hash);
    const left = chosen ? this.root.explorer.restore(chosen) : [];
    if (left.length) this.say(`Not everything of the link holds for this clip: ${left.join(", ")}.`);
  }

  async copy() {
    const snapshot = this.root.explorer.snapshot();
    const own = !this.link.example;
    if (own) for (const name of OF_THE_CLIP) delete snapshot[name];
    const link = linkTo(location.href, this.link, snapshot);
    const what = own ? " Your own sound is not in it, only the model and T." : "";
    if (await written(link)) this.say(`Link copied.${what}`);
    else this.say(`Copy it from here.${what}`, link);
  }

  say(text, link = null) {
    clearTimeout(this.resting);
    this.said.textContent = text;
    if (link) {
      const box = document.createElement("input");
      Object.assign(box, { value: link, readOnly: true, className: "cav-link-text" });
      box.setAttribute("aria-label", "Link");
      this.said.append(box);
      box.select();
    } else if (text) {
      this.resting = setTimeout(() => this.say(""), SAID_MS);
    }
  }
}

// Browsers let a page write to the clipboard over HTTPS or on localhost only, and may refuse.
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
