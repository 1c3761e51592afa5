"""Where atlases are kept: those that came with the program, and those computed here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from cabcnn import paths
from cabcnn.atlas.atlas import Atlas
from cabcnn.atlas.compute import compute, root_of
from cabcnn.atlas.file import FORMAT, AtlasError, read, write
from cabcnn.atlas.fingerprint import fingerprint
from cabcnn.classifier import Classifier
from cabcnn.corpora import Clip, built_in
from cabcnn.corpora.layouts import BUILT_IN

SUFFIX = ".json"


def shipped_folder() -> Path:
    """Where the atlases are that came with the program."""
    return paths.bundled("assets/atlas")


def own_folder() -> Path:
    """Where those lie that were computed here."""
    return paths.folder() / "atlas"


def shipped(classifier: Classifier) -> Atlas | None:
    """The atlas over the built-in corpus that came with this very model, if one did."""
    return _fitting(shipped_folder() / f"{classifier.card.name}{SUFFIX}", classifier)


def place(classifier: Classifier, clips: Sequence[Clip], seconds: float | None = None) -> Path:
    """The file for an atlas of this model, these clips and T.

    A clip counts as the same while its path, label, speaker, size and time of change are: no
    sound is read, so a corpus of any size is looked up at once. A missing file counts, too.
    """
    seconds = classifier.card.seconds if seconds is None else seconds
    known = hashlib.sha256(json.dumps([FORMAT, fingerprint(classifier), seconds]).encode())
    for clip in clips:
        try:
            facts = clip.path.stat()
            state = [facts.st_size, facts.st_mtime_ns]
        except OSError:
            state = []
        what = [str(clip.path.absolute()), clip.label, clip.speaker, *state]
        known.update(json.dumps(what).encode())
    return own_folder() / f"{known.hexdigest()[:40]}{SUFFIX}"


def kept(
    classifier: Classifier, clips: Sequence[Clip], seconds: float | None = None
) -> Atlas | None:
    """The atlas that came with the program, or was computed here before, if one was; a damaged
    file counts as none."""
    if seconds in (None, classifier.card.seconds) and _is_built_in(clips):
        found = shipped(classifier)
        if found is not None:
            return found
    return _fitting(place(classifier, clips, seconds), classifier)


def of(
    classifier: Classifier,
    clips: Sequence[Clip],
    corpus: str = BUILT_IN,
    *,
    seconds: float | None = None,
    root: Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Atlas:
    """The atlas of a model over a corpus: computed once, kept in the folder of the user's own.
    Arguments and errors are `compute`'s; also raises CabcnnError where the disk is full."""
    found = kept(classifier, clips, seconds)
    if found is not None:
        return found
    path = place(classifier, clips, seconds)  # now: a clip may change meanwhile
    found = compute(
        classifier,
        clips,
        corpus,
        seconds=seconds,
        root=root_of(clips) if root is None and clips else root,
        progress=progress,
    )
    write(found, path)
    return read(path)  # rounded, as it will be the next time


def _is_built_in(clips: Sequence[Clip]) -> bool:
    """Whether these are the clips of the built-in corpus, all of them."""
    if not clips or not clips[0].path.is_relative_to(built_in.folder()):
        return False
    return [clip[:3] for clip in clips] == [clip[:3] for clip in built_in.read_built_in()]


def _fitting(path: Path, classifier: Classifier) -> Atlas | None:
    try:
        found = read(path)
    except AtlasError:
        return None
    return found if found.weights == fingerprint(classifier) else None
