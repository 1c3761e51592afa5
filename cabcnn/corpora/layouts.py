"""The layouts of corpora: their names, how they are detected, how they are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from cabcnn.corpora import (
    built_in,
    common_voice,
    fsdd,
    openslr83,
    speech_accent_archive,
    ut_podcast,
    vctk,
)
from cabcnn.corpora.folder import innermost, read_folder
from cabcnn.corpora.manifest import (
    SUFFIXES,
    check_no_list_below,
    lists_in,
    read_manifest,
    read_manifest_in,
)
from cabcnn.corpora.table import Clip, Clips
from cabcnn.errors import CorpusError

BUILT_IN = "built-in"
ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".xz", ".bz2", ".7z", ".rar")


class Layout(NamedTuple):
    """A way of organising a corpus on disk."""

    about: str  # a sentence that helps to choose
    read: Callable[..., list[Clip]]  # from its folder or list
    detect: Callable[[Path], bool] = lambda path: False  # by names, without opening sounds
    options: tuple[str, ...] = ()  # those of `read` below that it has
    lists: tuple[str, ...] = ()  # files in the folder that may be given instead of it


def _read_built_in(source: Path) -> list[Clip]:
    return built_in.read_built_in()


def _read_manifest(source: Path, **options: str) -> list[Clip]:
    if not source.is_dir():
        return read_manifest(source, **options)
    return read_manifest_in(source if lists_in(source) else innermost(source), **options)


def _read_archive(source: Path, label: str = "accent") -> list[Clip]:
    for task in speech_accent_archive.TASKS:
        if label == task:
            return speech_accent_archive.read_speech_accent_archive(source, task)
    tasks = " or ".join(speech_accent_archive.TASKS)
    raise CorpusError(f"The archive's label is {tasks}, not {label!r}.")


def _is_manifest(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES if path.is_file() else bool(lists_in(path))


# In the order in which they are tried; the last one is the default.
_LAYOUTS = {
    BUILT_IN: Layout(
        "Made for this project: synthetic voices with several accents.", _read_built_in
    ),
    "speech-accent-archive": Layout(
        "Speech Accent Archive: one recording a speaker, with speakers.csv or Kaggle's "
        "speakers_all.csv; the label is the accent or the first-language.",
        _read_archive,
        speech_accent_archive.is_speech_accent_archive,
        ("label",),
        speech_accent_archive.LISTS,
    ),
    "vctk": Layout(
        "VCTK 0.80 or 0.92: speaker-info.txt and a folder a speaker; the label is the accent.",
        vctk.read_vctk,
        vctk.is_vctk,
        lists=(vctk.LIST,),
    ),
    "openslr-83": Layout(
        "OpenSLR-83, English of the UK and Ireland: line_index_all.csv and its recordings.",
        openslr83.read_openslr83,
        openslr83.is_openslr83,
        lists=(openslr83.LIST,),
    ),
    "common-voice": Layout(
        "Mozilla Common Voice: a locale's folder with clips and validated.tsv, or another of its "
        "lists; the label is the accent, or the column that you choose.",
        common_voice.read_common_voice,
        common_voice.is_common_voice,
        ("label",),
    ),
    "ut-podcast": Layout(
        "UT-Podcast, the paper's corpus: audio/US, audio/UK and audio/AU.",
        ut_podcast.read_ut_podcast,
        ut_podcast.is_ut_podcast,
        ("speaker_pattern",),
    ),
    "fsdd": Layout(
        "Free Spoken Digit Dataset: {digit}_{speaker}_{index}.wav.", fsdd.read_fsdd, fsdd.is_fsdd
    ),
    "manifest": Layout(
        "A CSV or TSV list with the columns path and label, and speaker if known; or its folder.",
        _read_manifest,
        _is_manifest,
        ("label", "speaker"),
    ),
    "folder": Layout(
        "A folder of recordings for each label; the speaker by a pattern in the file names.",
        read_folder,
        options=("speaker_pattern",),
    ),
}
LAYOUTS: dict[str, str] = {name: layout.about for name, layout in _LAYOUTS.items()}


def read(
    source: str | Path,
    layout: str | None = None,
    *,
    label: str | None = None,
    speaker: str | None = None,
    speaker_pattern: str | None = None,
    labels: Sequence[str] | None = None,
    inside: str | Path | None = None,
) -> Clips:
    """The clips of a corpus: "built-in", a folder, or a list of recordings; and notes on what was
    left out, merged or guessed.

    `layout` is one of LAYOUTS, or None to detect it. `label` is the column (manifest,
    common-voice) or the task (speech-accent-archive) that labels are taken from, `speaker` the
    column of the speakers (manifest), `speaker_pattern` a `SpeakerPattern` for file names (folder,
    ut-podcast). `labels` keeps clips with these labels only. `inside` is for corpora from
    strangers, whose lists may name any file of this machine: recordings outside that folder are
    refused.

    No sound is opened: `describe` finds out which can be decoded. Raises CorpusError if there is
    no such corpus, layout or label, the layout does not have an option, or a recording lies
    outside.
    """
    path = Path(source)
    if layout is None:
        path, layout = detect(path)
    elif layout not in _LAYOUTS:
        raise CorpusError(f"There is no layout {layout!r}; choose one of {', '.join(_LAYOUTS)}.")
    elif layout != BUILT_IN:
        _check_there(path)
    chosen = _LAYOUTS[layout]
    if path.name in chosen.lists:
        path = path.parent
    given = {"label": label, "speaker": speaker, "speaker_pattern": speaker_pattern}
    given = {name: value for name, value in given.items() if value}
    for name in given:
        if name not in chosen.options:
            raise CorpusError(
                f"The layout {layout} takes no {name.replace('_', ' ')}; leave it out or choose "
                "another layout."
            )
    with _reading(path):
        clips = chosen.read(path, **given)
    clips = _composed(clips)
    if inside is not None:
        _check_inside(clips, Path(inside))
    return clips if labels is None else _only(clips, [normalize("NFC", name) for name in labels])


def path_within(path: Path, source: str | Path) -> str:
    """The path of a clip relative to the corpus that `read` was given as `source`; unchanged if it
    lies elsewhere."""
    root = Path(source)
    if root == Path(BUILT_IN) and not root.exists():
        root = built_in.folder()
    elif not root.is_dir():
        root = root.parent
    for inside in (root, root.absolute()):
        if path.is_relative_to(inside):
            return path.relative_to(inside).as_posix()
    return str(path)


def detect(source: str | Path) -> tuple[Path, str]:
    """The folder that a corpus begins in (archives wrap it in others) and the name of its layout.

    A folder with a list in it is not labelled by its folders. Raises CorpusError if there is
    nothing, no corpus, or a list that would be ignored.
    """
    path = Path(source)
    if path == Path(BUILT_IN) and not path.exists():
        return path, BUILT_IN
    _check_there(path)
    if path.is_file() and path.suffix.lower() in ARCHIVES:
        raise CorpusError(f"{path} is an archive; unpack it and give the folder.")
    with _reading(path):
        inner = innermost(path) if path.is_dir() else path
        # From the outside in: the corpus may itself have a single folder, as UT-Podcast does.
        between = [place for place in reversed(inner.parents) if place.is_relative_to(path)]
        for place in dict.fromkeys((path, *between, inner)):
            for name, layout in _LAYOUTS.items():
                start = place.parent if place.name in layout.lists else place
                if layout.detect(start):
                    return start, name
    if path.is_file():
        raise CorpusError(f"{path} is not a corpus; give a folder, or a list in CSV or TSV.")
    with _reading(path):
        check_no_list_below(inner)
    return inner, "folder"


def _check_there(path: Path) -> None:
    with _reading(path):
        if not path.exists():
            raise CorpusError(
                f"There is no {path}; give a folder, a list in CSV or TSV, or {BUILT_IN!r}."
            )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns errors of the file system into a CorpusError."""
    try:
        yield
    except OSError as error:
        raise CorpusError(
            f"{error.filename or path} can't be read ({error.strerror}); check its name and "
            "permissions."
        ) from error


def _check_inside(clips: list[Clip], folder: Path) -> None:
    root = folder.resolve()
    real = lru_cache(maxsize=None)(Path.resolve)  # for their folders, which are few
    for clip in clips:
        direct = not clip.path.is_symlink() and clip.path.name != ".."
        if not (real(clip.path.parent) if direct else clip.path.resolve()).is_relative_to(root):
            raise CorpusError(
                f"{clip.path} lies outside the corpus's folder; list recordings inside it only."
            )


def _composed(clips: list[Clip]) -> Clips:
    """The clips with labels and speakers in one Unicode form, NFC: macOS writes file names, and so
    labels, in another. Notes which of them came in several forms."""
    kept = Clips(clips, clips.notes if isinstance(clips, Clips) else None)
    form = lru_cache(maxsize=None)(partial(normalize, "NFC"))
    forms: dict[str, set[str]] = defaultdict(set)
    for i, clip in enumerate(kept):
        if not (clip.label.isascii() and clip.speaker.isascii()):
            for name in (clip.label, clip.speaker):
                forms[form(name)].add(name)
            kept[i] = clip._replace(label=form(clip.label), speaker=form(clip.speaker))
    if several := sorted(name for name, ways in forms.items() if len(ways) > 1):
        kept.notes["unicode"] = several
    return kept


def _only(clips: Clips, labels: Sequence[str]) -> Clips:
    known = {clip.label for clip in clips}
    for label in labels:
        if label not in known:
            raise CorpusError(
                f"This corpus has no label {label!r}, only "
                f"{', '.join(sorted(known)[:20])}{', ...' if len(known) > 20 else ''}."
            )
    kept = set(labels)
    return Clips((clip for clip in clips if clip.label in kept), clips.notes)
