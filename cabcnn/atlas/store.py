"""Stored atlases: those shipped with the program, and those computed on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from cabcnn import paths
from cabcnn.atlas.atlas import Atlas
from cabcnn.atlas.compute import common_folder, compute
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
    """Where atlases computed on this machine are."""
    return paths.folder() / "atlas"


def shipped(classifier: Classifier) -> Atlas | None:
    """The atlas of this model over the built-in corpus that is shipped with the program, if any."""
    return _read_matching(shipped_folder() / f"{classifier.card.name}{SUFFIX}", classifier)


def cache_path(classifier: Classifier, clips: Sequence[Clip], seconds: float | None = None) -> Path:
    """The file for an atlas of this model, these clips and T.

    Clips are identified by path, label, speaker, size and modification time; no sound is read, so
    that a large corpus is looked up quickly. Clips may be missing.
    """
    seconds = classifier.card.seconds if seconds is None else seconds
    digest = hashlib.sha256(json.dumps([FORMAT, fingerprint(classifier), seconds]).encode())
    for clip in clips:
        try:
            status = clip.path.stat()
            version = [status.st_size, status.st_mtime_ns]
        except OSError:
            version = []
        identity = [str(clip.path.absolute()), clip.label, clip.speaker, *version]
        digest.update(json.dumps(identity).encode())
    return own_folder() / f"{digest.hexdigest()[:40]}{SUFFIX}"


def find(
    classifier: Classifier, clips: Sequence[Clip], seconds: float | None = None
) -> Atlas | None:
    """The atlas shipped with the program or computed earlier, if any; damaged files are ignored."""
    if seconds in (None, classifier.card.seconds) and _is_built_in(clips):
        atlas = shipped(classifier)
        if atlas is not None:
            return atlas
    return _read_matching(cache_path(classifier, clips, seconds), classifier)


def find_or_compute(
    classifier: Classifier,
    clips: Sequence[Clip],
    corpus: str = BUILT_IN,
    *,
    seconds: float | None = None,
    root: Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Atlas:
    """The atlas of a model over a corpus, stored so that it is computed only once. Arguments and
    errors are those of `compute`; also raises CabcnnError if the atlas can't be written."""
    atlas = find(classifier, clips, seconds)
    if atlas is not None:
        return atlas
    path = cache_path(classifier, clips, seconds)  # before computing: a clip may change meanwhile
    atlas = compute(
        classifier,
        clips,
        corpus,
        seconds=seconds,
        root=common_folder(clips) if root is None and clips else root,
        progress=progress,
    )
    write(atlas, path)
    return read(path)  # rounded, as it will be the next time


def _is_built_in(clips: Sequence[Clip]) -> bool:
    """Whether these are all clips of the built-in corpus."""
    if not clips or not clips[0].path.is_relative_to(built_in.folder()):
        return False
    return [clip[:3] for clip in clips] == [clip[:3] for clip in built_in.read_built_in()]


def _read_matching(path: Path, classifier: Classifier) -> Atlas | None:
    try:
        atlas = read(path)
    except AtlasError:
        return None
    return atlas if atlas.weights == fingerprint(classifier) else None
