"""The corpora that may be downloaded by anybody: fetched, checked, unpacked."""

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

ARCHIVE = ".tar.gz"


class Download(NamedTuple):
    """Where a corpus is, and what a person has to know before using it."""

    url: str
    title: str
    terms: str
    sha256: str | None = None  # of the archive, where the publisher tells it


# No publisher of these tells a checksum: what came first is written down beside the corpus and
# held against what comes later. GitHub makes its archives anew from the tag when asked for one.
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

    Whatever stops it, the next call goes on; what is there already stays as it is. What came,
    and its checksum, is told by `folder/name.json`. `progress` is told bytes here and in all.

    Raises CorpusError where there is no such corpus, or the network, the server or the disk
    does not let it, or the archive is not the one that was expected.
    """
    if name not in DOWNLOADS:
        raise CorpusError(f"There is nothing to fetch named {name!r}, only {', '.join(DOWNLOADS)}.")
    wanted = DOWNLOADS[name]
    folder = Path(folder)
    target, record = folder / name, folder / f"{name}.json"
    if target.is_dir() and any(target.iterdir()):
        return target
    work = folder / f".{name}.unfinished"
    with disk(target):
        work.mkdir(parents=True, exist_ok=True)
        archive = work / f"{name}{ARCHIVE}"
        checksum = _retrieve(wanted, archive, record, progress)
        _unpack(archive, work / name)
        facts = {
            "url": wanted.url,
            "sha256": checksum,
            "checksum": "told by the publisher" if wanted.sha256 else "of what came first",
            "bytes": archive.stat().st_size,
            "fetched": datetime.date.today().isoformat(),
            "terms": wanted.terms,
        }
        record.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
        (work / name).rename(target)  # there whole, or not at all
        shutil.rmtree(work)
    return target


def _retrieve(wanted: Download, archive: Path, record: Path, progress: Progress) -> str:
    """The archive's checksum, once it is there and is what it should be."""
    import pooch

    def bring(url: str, file: str, _) -> None:
        download(url, Path(file), archive.with_name(f"{archive.name}.part"), progress)

    # pooch would tell the checksum on the error stream; the record is for that.
    pooch.get_logger().setLevel("WARNING")
    known = wanted.sha256 or _recorded(record, wanted.url)
    expected = f"sha256:{known}" if known else None
    try:
        pooch.retrieve(
            wanted.url,
            expected,
            archive.name,
            archive.parent,
            downloader=bring,  # pyright: ignore[reportArgumentType]  its names are another call's
        )
    except ValueError as error:
        if wanted.sha256:
            raise CorpusError(
                f"What came from {wanted.url} has not the checksum that its publisher tells, so it "
                "was thrown away; try again."
            ) from error
        raise CorpusError(
            f"What came from {wanted.url} is not what came from there before, so it was thrown "
            f"away; remove {record} to take it as it is now."
        ) from error
    return pooch.file_hash(str(archive))


def _recorded(record: Path, url: str) -> str | None:
    """The checksum of what came from the same address before."""
    try:
        facts = json.loads(record.read_text("utf-8"))
        return facts["sha256"] if facts["url"] == url else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _unpack(archive: Path, target: Path) -> None:
    """The archive's files, all of them, in `target`, whatever was there before."""
    shutil.rmtree(target, ignore_errors=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(target, filter="data")
            while tar.fileobj and tar.fileobj.read(CHUNK):
                pass  # to the end, where gzip's own checksum is: tar stops before
    except tarfile.FilterError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise CorpusError(
            f"{archive} would write outside its folder ({error}), so it was not unpacked; look at "
            "where it came from."
        ) from error
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        archive.unlink()
        raise CorpusError(
            f"What came as {archive.name} is damaged ({error}), so it was thrown away; run the "
            "same command again."
        ) from error
