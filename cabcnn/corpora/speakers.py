"""Who speaks, according to the recording's file name: by a template or a regular expression.

Expressions may come from strangers. Python's `re` backtracks, and holds the GIL meanwhile:
`(a+)+$` on a long name would stop the whole server for good. RE2 takes time in proportion to the
length of the name, but knows neither lookaround nor backreferences.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, NamedTuple

from cabcnn.errors import CorpusError

LONGEST = 200  # characters of an expression
MOST_MEMORY = 2 << 20  # bytes that a compiled expression and its matching may take
MOST_SECONDS = 20.0  # of processor time for all names of a corpus; a million take a few
SHOWN = 40  # characters of an expression that an error quotes


class Template(NamedTuple):
    """A common way to name files. `speaker` takes the path below the corpus's folder, and
    returns "" where the name does not fit."""

    about: str
    speaker: Callable[[PurePath], str]


def _before(mark: str) -> Callable[[PurePath], str]:
    def speaker(path: PurePath) -> str:
        before, found, _ = path.name.partition(mark)
        return before.strip() if found else ""

    return speaker


def _folder(path: PurePath) -> str:
    """The folder inside the label's: LABEL/SPEAKER/anything/below/a.wav."""
    return path.parts[1] if len(path.parts) > 2 else ""


TEMPLATES = {
    "each-file": Template("Each file is a different speaker", PurePath.as_posix),
    "folder": Template("A folder for each speaker, inside the label's", _folder),
    "before-underscore": Template("The name up to the first “_”: anna_03.wav", _before("_")),
    "before-hyphen": Template("The name up to the first “-”: anna-03.wav", _before("-")),
    "before-space": Template("The name up to the first space: anna 03.wav", _before(" ")),
}

# RE2's \w, \d and \b know ASCII only. \w and \d are written out here, so that Jörg is found
# whole. Inside brackets, where RE2 can't negate a list, \W is a list of all the others.
WORD, DIGIT = r"\pL\pM\pN_", r"\p{Nd}"
NOT_WORD = r"\pS\pZ\pC\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}"
IN_BRACKETS = {r"\w": WORD, r"\d": DIGIT, r"\W": NOT_WORD, r"\D": r"\P{Nd}"}
OUTSIDE = {r"\w": f"[{WORD}]", r"\d": DIGIT, r"\W": f"[^{WORD}]", r"\D": r"\P{Nd}", r"\Z": r"\z"}
ESCAPE = re.compile(r"\\.", re.DOTALL)
BRACKETS_OR_ESCAPE = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\\.", re.DOTALL)


class SpeakerPattern:
    """Finds the speaker in the name of a recording.

    `pattern` is a name of TEMPLATES, or a regular expression in RE2's syntax that is searched for
    in the file's name, or in its path below the corpus's folder if the expression holds a slash.
    The speaker is its group `speaker`, else its first group that matched, else the whole match.

    Raises CorpusError if the expression is invalid or too long.
    """

    def __init__(self, pattern: str) -> None:
        if not isinstance(pattern, str):  # a plan.json may hold anything
            raise CorpusError(f"The speaker pattern is {pattern!r}; give a text.")
        self.pattern = pattern
        self._template = TEMPLATES.get(pattern)
        self._expression = None if self._template else _compile(pattern)
        self._seconds = 0.0

    def speaker(self, path: PurePath) -> str:
        """Who speaks in the recording at `path`, below the corpus's folder.

        Raises CorpusError if the pattern finds no speaker, or has taken too long so far.
        """
        if self._template:
            name, speaker = path.as_posix(), self._template.speaker(path)
        else:
            name = path.as_posix() if "/" in self.pattern else path.name
            speaker = self._search(name)
        if not speaker:
            raise CorpusError(
                f"The speaker pattern {_shown(self.pattern)} finds no speaker in {name}; change "
                "the pattern or leave it out."
            )
        return speaker

    def _search(self, name: str) -> str:
        begun = time.thread_time()
        assert self._expression is not None
        match = self._expression.search(name)
        self._seconds += time.thread_time() - begun
        if self._seconds > MOST_SECONDS:
            raise CorpusError(
                f"The speaker pattern {_shown(self.pattern)} takes too long on this many names; "
                "use a simpler one."
            )
        if not match:
            return ""
        named = match.groupdict().get("speaker")
        return named or next((group for group in match.groups() if group), None) or match.group(0)


def _compile(pattern: str) -> Any:
    import re2

    if len(pattern) > LONGEST:
        raise CorpusError(
            f"The speaker pattern is {len(pattern):,} characters long; give one of at most "
            f"{LONGEST}."
        )
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    try:
        return re2.compile(_with_unicode(pattern), options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        if isinstance(reason, bytes):
            reason = reason.decode("utf-8", "replace")
        raise CorpusError(
            f"The speaker pattern {_shown(pattern)} can't be used ({reason[:SHOWN]}): give one of "
            f"{', '.join(TEMPLATES)}, or a regular expression without lookaround or backreferences."
        ) from error
    except UnicodeEncodeError as error:
        raise CorpusError(f"The speaker pattern {_shown(pattern)} is not in UTF-8.") from error


def _with_unicode(pattern: str) -> str:
    """The expression with RE2's ASCII classes replaced by those of all scripts."""

    def replaced(match: re.Match[str]) -> str:
        token = match[0]
        if token.startswith("["):
            return ESCAPE.sub(lambda escape: IN_BRACKETS.get(escape[0], escape[0]), token)
        return OUTSIDE.get(token, token)

    return BRACKETS_OR_ESCAPE.sub(replaced, pattern)


def _shown(pattern: str) -> str:
    return repr(pattern if len(pattern) <= SHOWN else f"{pattern[:SHOWN]}…")
