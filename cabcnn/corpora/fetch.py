"""Downloading, verifying and unpacking freely available corpora."""

from __future__ import annotations

import datetime
import gzip
import json
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import NamedTuple

from cabcnn.corpora.download import CHUNK, Progress, disk, download
from cabcnn.errors import CorpusError
from cabcnn.files import write_json

ARCHIVE = ".tar.gz"


class Download(NamedTuple):
    """The address of a corpus, and its terms of use."""

    url: str
    title: str
    terms: str
    sha256: str | None = None  # of the archive, if the publisher gives it


# None of these publishers gives a checksum: that of the first download is recorded beside the
# corpus and compared with later ones. (GitHub generates its archives from the tag.)
DOWNLOADS = {
    "ut-podcast": Download(
        "https://crss.utdallas.edu/corpora/UT-Podcast/UT-Podcast.tar.gz",
        "UT-Podcast: US, UK and AU podcasts, the paper's corpus",
        "For research; cite Hansen & Liu (2016), Speech Communication 78.",
    ),
    "fsdd": Download(
        "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz",
        "Free Spoken Digit Dataset 1.0.10: 3,000 digits by six speakers",
        "CC BY-SA 4.0: name the source, share alike.",
    ),
}


def fetch(name: str, folder: str | Path, progress: Progress = lambda done, total: None) -> Path:
    """Downloads a corpus of DOWNLOADS and unpacks it to `folder/name`, which it returns.

    If interrupted, the next call goes on; an existing folder is left as it is. `folder/name.json`
    records the download and its checksum. `progress` is called with the bytes so far and in all.

    Raises CorpusError if there is no such corpus, the network, the server or the disk fails, or
    the archive is not the expected one.
    """
    if name not in DOWNLOADS:
        raise CorpusError(
            f"There is no corpus {name!r} to download; choose one of {', '.join(DOWNLOADS)}."
        )
    chosen = DOWNLOADS[name]
    folder = Path(folder)
    target, record = folder / name, folder / f"{name}.json"
    if target.is_dir() and any(target.iterdir()):
        return target
    work = folder / f".{name}.unfinished"
    with disk(target):
        work.mkdir(parents=True, exist_ok=True)
        archive = work / f"{name}{ARCHIVE}"
        checksum = _retrieve(chosen, archive, record, progress)
        _unpack(archive, work / name)
        facts = {
            "url": chosen.url,
            "sha256": checksum,
            "checksum": "by the publisher" if chosen.sha256 else "of the first download",
            "bytes": archive.stat().st_size,
            "fetched": datetime.date.today().isoformat(),
            "terms": chosen.terms,
        }
        write_json(record, facts)
        (work / name).rename(target)  # complete, or not at all
        shutil.rmtree(work)
    return target


def _retrieve(chosen: Download, archive: Path, record: Path, progress: Progress) -> str:
    """Downloads and verifies the archive. Returns its checksum."""
    import pooch

    def fetch_file(url: str, file: str, _) -> None:
        download(url, Path(file), archive.with_name(f"{archive.name}.part"), progress)

    # pooch would print the checksum on the error stream.
    pooch.get_logger().setLevel("WARNING")
    known = chosen.sha256 or _recorded(record, chosen.url)
    expected = f"sha256:{known}" if known else None
    try:
        pooch.retrieve(
            chosen.url,
            expected,
            archive.name,
            archive.parent,
            downloader=fetch_file,  # pyright: ignore[reportArgumentType]  (names of arguments)
        )
    except ValueError as error:
        if chosen.sha256:
            raise CorpusError(
                f"The download from {chosen.url} does not have its publisher's checksum and was "
                "deleted; try again."
            ) from error
        raise CorpusError(
            f"The download from {chosen.url} differs from the first one and was deleted; remove "
            f"{record} to accept the new one."
        ) from error
    return pooch.file_hash(str(archive))


def _recorded(record: Path, url: str) -> str | None:
    """The checksum of the first download from the same address."""
    try:
        facts = json.loads(record.read_text("utf-8"))
        return facts["sha256"] if facts["url"] == url else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _unpack(archive: Path, target: Path) -> None:
    """Unpacks the whole archive to `target`, replacing what is there."""
    shutil.rmtree(target, ignore_errors=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(target, filter="data")
            while tar.fileobj and tar.fileobj.read(CHUNK):
                pass  # to the end, with gzip's checksum, which tar does not read
    except tarfile.FilterError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise CorpusError(
            f"{archive} holds paths outside its folder ({error}) and was not unpacked; check where "
            "it comes from."
        ) from error
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        archive.unlink()
        raise CorpusError(
            f"The downloaded {archive.name} is damaged ({error}) and was deleted; run the same "
            "command again."
        ) from error
