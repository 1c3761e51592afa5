"""The views' JavaScript modules and styles as text for a page.

The modules import each other by relative paths, as on disk. A page gets all of them at once, each
module once: `page_script` for the head of the Gradio page, `standalone_script` for a page of one
view. In the browser they become Blob URLs, imports first, each import rewritten to its Blob's URL.

Serving them as files was tried and left aside: a path under /gradio_api/file= has to be put
together with the root path that the page was opened under, shows where the package lies on the
server, and carries no Cache-Control, so that a browser may mix modules from before and after an
upgrade. The script comes with the page and is always whole and current. It is deflated, as it is
sent with each page.

The styles are put beside the view's elements, once, and apply to them only. As the component's
`css_template` Gradio would compile and write them again with every value, and the browser work
out the style of every element of the view again.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from functools import cache
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(__file__).parent
VIEWS = ("explorer", "compare", "live", "atlas", "runs")
ENTRY = "view.js"
IMPORT = re.compile(r'(\bfrom|\bimport) "(\.{1,2}/[\w./-]+\.js)"')
# Browsers ignore @keyframes inside another rule. Each must be one line.
KEYFRAMES = re.compile(r"^@keyframes .*\}\s*\}\n", re.MULTILINE)
PLAIN = " !#&()*+,-./:;=>?@[]^_{|}~"  # what needs no escape in JavaScript's strings

# Defines window.cabcnnView: it takes a view's name and returns a promise of its module.
MODULES = """
window.cabcnnView = (() => {
  const packed = Uint8Array.from(atob("%s"), (letter) => letter.charCodeAt(0));
  const urls = (async () => {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const urls = {};
    for (const [path, source] of JSON.parse(await new Response(stream).text())) {
      const linked = source.replace(/"cabcnn:([^"]+)"/g, (_, imported) => `"${urls[imported]}"`);
      const named = linked + "\\n//# sourceURL=cabcnn/views/" + path;
      urls[path] = URL.createObjectURL(new Blob([named], { type: "text/javascript" }));
    }
    return urls;
  })();
  return async (view) => import((await urls)[view + "/view.js"]);
})();
"""

MOUNT = """
const sheet = decodeURIComponent("%(styles)s");
if (sheet) {
  const style = document.createElement("style");
  style.textContent = `#${element.id} { ${sheet} } ` + decodeURIComponent("%(keyframes)s");
  element.append(style);
}
let view = null;
watch("value", () => view && view.show(props.value));
window.cabcnnView("%(view)s").then(
  ({ mount }) => {
    view = mount(element, { trigger, server });
    view.show(props.value);
  },
  (error) => {
    const place = element.querySelector("[data-no-script]");
    place.hidden = false;
    place.textContent =
      "This view needs a newer browser: Chrome 112, Firefox 117 or Safari 16.5 at least.";
    throw error;
  },
);
"""


def html(view: str) -> str:
    """The elements of a view."""
    return (FOLDER / view / "view.html").read_text("utf-8")


def css(view: str) -> str:
    """The style sheets of a view, for its elements only, or for the whole page of one view."""
    sheets = sorted((FOLDER / view).glob("*.css"), key=lambda path: (path.name != "view.css", path))
    base = FOLDER / "shared" / "base.css"
    return "".join(sheet.read_text("utf-8") for sheet in (base, *sheets))


@cache
def page_script() -> str:
    """JavaScript for the head of the page, before any `mount_script` runs: all the modules."""
    return _modules(VIEWS)


def mount_script(view: str, styles: str = "") -> str:
    """JavaScript for `js_on_load` of a `gr.HTML` that mounts a view on the component's element,
    which `styles`, a style sheet, is for.

    Raises ValueError where a @keyframes takes more than one line.
    """
    rules = KEYFRAMES.sub("", styles)
    if "@keyframes" in rules:
        raise ValueError(f"a @keyframes of the view {view} is not in one line")
    return MOUNT % {
        "view": view,
        "styles": quote(rules, safe=PLAIN),
        "keyframes": quote("".join(KEYFRAMES.findall(styles)), safe=PLAIN),
    }


def standalone_script(view: str) -> str:
    """JavaScript that mounts a view on a page of its own, which defines `element`, `props`,
    `watch`, `trigger` and `server` as Gradio does."""
    return _modules((view,)) + mount_script(view)


def _modules(views: tuple[str, ...]) -> str:
    text = json.dumps(list(sources(views).items())).encode()
    return MODULES % base64.b64encode(zlib.compress(text, 9)).decode("ascii")


def sources(views: tuple[str, ...]) -> dict[str, str]:
    """Path below the folder of views to source of all modules that the views need, each after
    those that it imports; its imports are written "cabcnn:PATH".

    Raises ValueError where modules import each other in a circle, FileNotFoundError where one is
    missing.
    """
    modules: dict[str, str] = {}

    def add(path: str, importers: tuple[str, ...]) -> None:
        if path in importers:
            raise ValueError(f"modules import each other in a circle: {(*importers, path)}")
        if path in modules:
            return
        source = (FOLDER / path).read_text("utf-8")

        def linked(match: re.Match[str]) -> str:
            imported = (FOLDER / path).parent.joinpath(match[2]).resolve()
            below = imported.relative_to(FOLDER.resolve()).as_posix()
            add(below, (*importers, path))
            return f'{match[1]} "cabcnn:{below}"'

        modules[path] = IMPORT.sub(linked, source)

    for view in views:
        add(f"{view}/{ENTRY}", ())
    return modules
