"""A view's JavaScript modules and styles as the one string that Gradio runs when it loads.

The modules travel inside that string and become Blob URLs in the browser, imports first,
each import rewritten to its Blob's URL. Serving them as files was tried and left aside: a
path under /gradio_api/file= has to be put together with the root path the page was opened
under, shows where the package lies on the server, and carries no Cache-Control, so that a
browser may mix modules from before and after an upgrade. The string comes with the page and
is always whole and current. It is deflated: it is sent with each page, and plain source
would make any word in quotes an event of the component (`gr.HTML.__getattr__`).

The styles are put beside the view's elements, once, and apply to them only. As the component's
`css_template` Gradio would compile and write them again with every value, and the browser work
out the style of every element of the view again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

IMPORT = re.compile(r'^import [^"]*"\./(\w+\.js)";$', re.MULTILINE)
# Browsers pass over @keyframes inside of another rule. Each must be one line.
KEYFRAMES = re.compile(r"^@keyframes .*\}\s*\}\n", re.MULTILINE)
PLAIN = " !#&()*+,-./:;=>?@[]^_{|}~"  # what needs no escape in JavaScript's strings

LOADER = """
const sheet = decodeURIComponent("%(styles)s");
if (sheet) {
  const style = document.createElement("style");
  style.textContent = `#${element.id} { ${sheet} } ` + decodeURIComponent("%(keyframes)s");
  element.append(style);
}
const packed = Uint8Array.from(atob("%(sources)s"), (letter) => letter.charCodeAt(0));
const modules = window[Symbol.for("cabcnn %(version)s")] ??= (async () => {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const urls = {};
  for (const [name, source] of JSON.parse(await new Response(stream).text())) {
    const linked = source.replace(/"\\.\\/(\\w+\\.js)";/g, (_, file) => `"${urls[file]}";`);
    const named = linked + "\\n//# sourceURL=cabcnn/attention_view/" + name;
    urls[name] = URL.createObjectURL(new Blob([named], { type: "text/javascript" }));
  }
  return import(urls["%(entry)s"]);
})();
let view = null;
watch("value", () => view && view.show(props.value));
modules.then(
  ({ mount }) => {
    view = mount(element, %(given)s);
    view.show(props.value);
  },
  (error) => {
    element.querySelector("%(empty)s").textContent =
      "This view needs a newer browser: Chrome 112, Firefox 117 or Safari 16.5 at least.";
    throw error;
  },
);
"""


@cache
def on_load(
    folder: Path,
    entry: str,
    *,
    styles: str = "",
    shared: Path | None = None,
    empty: str = ".cav-empty",
    events: tuple[str, ...] = (),
) -> str:
    """JavaScript for `js_on_load` that mounts the module `entry` of `folder` on the element,
    which `styles`, a style sheet, is for.

    Modules that are not in `folder` are taken from `shared`. A view that triggers `events` is
    given `trigger` and the component's `server` functions. `empty` is the element that tells
    where a browser is too old.

    Raises ValueError where a @keyframes takes more than one line.
    """
    rules = KEYFRAMES.sub("", styles)
    if "@keyframes" in rules:
        raise ValueError(f"a @keyframes of {folder} is not in one line")
    sources = _imports_first((folder, *([shared] if shared else [])), entry)
    text = json.dumps(list(sources.items())).encode()
    return LOADER % {
        "styles": quote(rules, safe=PLAIN),
        "keyframes": quote("".join(KEYFRAMES.findall(styles)), safe=PLAIN),
        "sources": base64.b64encode(zlib.compress(text, 9)).decode("ascii"),
        "version": hashlib.sha256(text).hexdigest()[:16],
        "entry": entry,
        "empty": empty,
        "given": f"{{ events: {json.dumps(events)}, trigger, server }}" if events else "{}",
    }


def _imports_first(folders: Sequence[Path], entry: str) -> dict[str, str]:
    """File name to source of `entry` and all it imports, each after what it imports itself."""
    sources: dict[str, str] = {}

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules import each other in a circle: {(*above, name)}")
        if name in sources:
            return
        place = next((folder for folder in folders if (folder / name).exists()), folders[0])
        source = (place / name).read_text("utf-8")
        for imported in IMPORT.findall(source):
            add(imported, (*above, name))
        sources[name] = source

    add(entry, ())
    return sources
