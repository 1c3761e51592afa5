"""Matplotlib figures for every picture: created without a screen, styled and saved."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import unicodedata
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from cabcnn import files

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, MAIN = "#222222", "#8a8f98", "#2a78b5"
DPI = 150
MAX_LENGTH = 40  # characters of a label or a title
# Neither XML, and so SVG, nor a label can hold these: control characters, halves of a surrogate
# pair, and the two that are no characters.
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
CODES = "No font of this machine has some of the characters: they are written as codes, as {code}."
_importing = Lock()


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, not of pyplot, which keeps figures and is not thread-safe."""
    import_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def import_matplotlib() -> None:
    """Imports matplotlib whatever MPLBACKEND says. It is for windows, which are not used here, and
    one that a notebook leaves to the programs it starts makes the import itself fail."""
    with _importing:
        if "matplotlib" in sys.modules:
            return
        backend = os.environ.pop("MPLBACKEND", None)
        try:
            import matplotlib
        finally:
            if backend is not None:
                os.environ["MPLBACKEND"] = backend
        if backend:
            with contextlib.suppress(ValueError):
                matplotlib.rcParams["backend"] = backend


def hide_spines(axes: Axes) -> None:
    """Removes the top and right edges of the axes."""
    axes.spines[["top", "right"]].set_visible(False)


def save_figure(figure: Figure, path: Path) -> None:
    """Writes a picture in the format of the path's extension, atomically.

    Raises CabcnnError if it can't be written.
    """
    picture = io.BytesIO()
    set_fonts(figure)
    figure.savefig(picture, format=path.suffix.removeprefix(".").lower(), dpi=DPI)
    files.write(path, picture.getvalue())


def set_fonts(figure: Figure) -> None:
    """Gives every text of a figure the fonts that its characters need."""
    from matplotlib.text import Text

    for artist in figure.findobj(Text):
        assert isinstance(artist, Text)
        if not artist.get_text().isascii():
            artist.set_fontfamily(fonts(artist.get_text()))


def fonts(text: str) -> list[str]:
    """Font families that together have all characters of a text, if this machine has any such:
    matplotlib's own, then those that have what it lacks."""
    import_matplotlib()
    from matplotlib import rcParams

    families = list(rcParams["font.family"])
    while missing := [
        character for character in _beyond_latin(text) if not _has(families, character)
    ]:
        family = _family_with("".join(missing))
        if family is None or family in families:
            break
        families.append(family)
    return families


def missing(text: str) -> list[str]:
    """The characters of a text that no font of this machine has."""
    import_matplotlib()
    families = fonts(text)
    return [character for character in _beyond_latin(text) if not _has(families, character)]


def _beyond_latin(text: str) -> list[str]:
    return sorted({c for c in text if ord(c) > 0x17F and unicodedata.category(c)[0] not in "CZ"})


def _has(families: list[str], character: str) -> bool:
    return any(ord(character) in _characters(_path(family)) for family in families)


@cache
def _path(family: str) -> str:
    from matplotlib.font_manager import FontProperties, findfont

    return str(findfont(FontProperties(family=[family])))


@cache
def _characters(path: str) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(path).get_charmap())


@cache
def _family_with(characters: str) -> str | None:
    """The installed font family that has most of these characters, of equal
    ones, an upright sans-serif. None if there is none."""
    from matplotlib.font_manager import fontManager

    best: tuple[int, bool, str] | None = None
    for font in fontManager.ttflist:
        # Last Resort, which matplotlib brings, has a box for every character.
        if (
            "Last Resort" in font.name
            or font.style != "normal"
            or font.weight not in (400, "normal")
        ):
            continue
        try:
            held = _characters(font.fname)
            count = sum(ord(character) in held for character in characters)
            if count and _path(font.name) == font.fname:
                best = max(best or (0, False, ""), (count, "Sans" in font.name, font.name))
        except (OSError, RuntimeError):  # removed since, or no font
            continue
    return best[2] if best else None


def plain(text: str) -> str:
    """Text that can be drawn: what is no text is shown as a replacement character, and characters
    that no font of this machine has as their codes."""
    text = NOT_TEXT.sub(REPLACEMENT, text)
    if text.isascii():
        return text
    for character in missing(text):
        text = text.replace(character, _code(character))
    return text


def remark(text: str) -> str:
    """What to say of characters that `plain` writes as codes; empty if there are none."""
    absent = [] if text.isascii() else missing(NOT_TEXT.sub("", text))
    return CODES.format(code=_code(absent[0])) if absent else ""


def _code(character: str) -> str:
    return f"U+{ord(character):04X} "


def escape(text: str) -> str:
    """`plain` text without matplotlib's maths: dollar signs are shown as they are."""
    return plain(text).replace("$", r"\$")


def label_text(text: str) -> str:
    """Text for a label or a title, escaped and not too long."""
    return escape(text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…")
