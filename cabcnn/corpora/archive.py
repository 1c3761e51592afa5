"""Safe unpacking of zip archives from strangers: nothing is written outside the folder, and
nothing beyond the limits."""

from __future__ import annotations

import errno
import shutil
import stat
import struct
import textwrap
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cabcnn.errors import CorpusError
from cabcnn.files import DISK_FULL, IS_FULL

CHUNK = 1 << 20
DEEPEST = 20  # nested folders
# Files that operating systems add to archives; so are those whose names begin with a dot.
JUNK = {"__macosx", "thumbs.db", "desktop.ini"}
TABLES = {".csv", ".tsv"}
# The end of a zip file: PKWARE's APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.
END, END_LENGTH, LONGEST_COMMENT = b"PK\5\6", 22, 0xFFFF
LOCATOR_64, LOCATOR_64_LENGTH, END_64_LENGTH = b"PK\6\7", 20, 56
UTF8_FLAG, UNICODE_PATH = 1 << 11, 0x7075
ENTRY_BYTES = 400  # of the central directory, for a file with a long name


@dataclass(frozen=True)
class Limits:
    """The most that an archive may hold."""

    files: int = 50_000
    bytes: int = 8 << 30  # unpacked, together
    file_bytes: int = 1 << 30  # unpacked, each
    ratio: float = 100.0  # unpacked to packed, together; sound is compressed to a third at best
    ratio_from: int = 64 << 20  # bytes up to which any ratio is accepted


LIMITS = Limits()


def unpack(
    source: str | Path,
    folder: str | Path,
    limits: Limits = LIMITS,
    *,
    name: str | None = None,
    progress: Callable[[float], object] = lambda share: None,
) -> Path:
    """Unpacks a zip archive into a new folder and returns the folder that its contents begin in:
    `folder` itself or, if everything is wrapped in further folders, the innermost of them.

    The bytes that are actually unpacked are counted, whatever the archive claims, and all files
    get the usual permissions. `name` is what errors call the archive; `progress` is called with
    the share that is done, between 0 and 1.

    Raises CorpusError, and leaves nothing behind, if the file is not a zip archive, is damaged,
    empty, encrypted or over the limits, holds links or paths outside the folder, or if the disk is
    full.
    """
    source, folder = Path(source), Path(folder)
    name = name or source.name
    try:
        with source.open("rb") as file:
            _check_contents_size(file, name, limits)
            with zipfile.ZipFile(file) as archive:
                members = list(_members(archive, name, limits))
                packed = source.stat().st_size
                folder.mkdir(parents=True)
                try:
                    _extract(archive, members, folder, packed, name, limits, progress)
                except BaseException:
                    shutil.rmtree(folder, ignore_errors=True)
                    raise
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, UnicodeDecodeError) as error:
        reason = textwrap.shorten(str(error), 100, placeholder="…")
        raise CorpusError(f"{name} is damaged ({reason}); make or download it again.") from error
    except NotImplementedError as error:  # a later version of the format
        raise CorpusError(_unusual(name, str(error))) from error
    except OSError as error:
        raise CorpusError(f"{name} can't be unpacked: {_reason(error)}") from error
    return _unwrapped(folder)


def _reason(error: OSError) -> str:
    if error.errno in DISK_FULL:
        return IS_FULL
    if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
        return "two of its files have the same name; rename one and make it again."
    if error.errno == errno.ENAMETOOLONG:
        return "the name of one of its files is too long; shorten it and make it again."
    return f"{error.strerror or error}."


def _check_contents_size(file: BinaryIO, name: str, limits: Limits) -> None:
    """Refuses a central directory that would fill the memory, before it is read."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END_LENGTH - LONGEST_COMMENT - LOCATOR_64_LENGTH - END_64_LENGTH))
    tail = file.read()
    at = tail.rfind(END)
    if size == 0:
        raise CorpusError(f"{name} is empty (0 bytes); make or upload it again.")
    if at < 0 or len(tail) < at + END_LENGTH:
        raise CorpusError(
            f"{name} is not a zip archive, or only part of one; pack the folders as a .zip file."
        )
    (contents,) = struct.unpack_from("<I", tail, at + 12)
    if tail[max(at - LOCATOR_64_LENGTH, 0) : at].startswith(LOCATOR_64):
        (contents,) = struct.unpack_from("<Q", tail, at - LOCATOR_64_LENGTH - END_64_LENGTH + 40)
    if contents > ENTRY_BYTES * limits.files:
        raise CorpusError(_too_many(name, limits))
    file.seek(0)


def _members(
    archive: zipfile.ZipFile, name: str, limits: Limits
) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The files to unpack and their paths; refuses what the archive itself says is wrong."""
    if len(archive.infolist()) > limits.files:
        raise CorpusError(_too_many(name, limits))
    claimed = packed = 0
    empty = True
    for member in archive.infolist():
        path = _place(member, name)
        if member.is_dir() or any(_is_junk(part) for part in path.parts):
            continue
        kind = stat.S_IFMT(member.external_attr >> 16)
        if stat.S_ISLNK(kind):
            raise CorpusError(f"{name} holds a link, {path}; pack the file itself.")
        if kind and not stat.S_ISREG(kind):
            raise CorpusError(f"{name} holds {path}, which is not a file; leave it out.")
        if member.flag_bits & 1:
            raise CorpusError(f"{name} is encrypted; pack it without a password.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CorpusError(_unusual(name, str(path)))
        empty, claimed = False, claimed + member.file_size
        packed += member.compress_size
        _check_sizes(path, member.file_size, claimed, packed, name, limits)
        yield member, path
    if empty:
        raise CorpusError(f"{name} holds no files; pack the folders with the recordings.")


def _place(member: zipfile.ZipInfo, name: str) -> PurePosixPath:
    """The path of a member below the folder."""
    path = PurePosixPath(_decoded_name(member, name).replace("\\", "/"))
    if path.is_absolute() or (path.parts and ":" in path.parts[0][1:2]):
        raise CorpusError(f"{name} holds an absolute path, {path}; pack it with relative paths.")
    if len(path.parts) > DEEPEST:
        raise CorpusError(f"{name} holds more than {DEEPEST} nested folders; pack it with fewer.")
    if ".." in path.parts:
        raise CorpusError(f"{name} holds a path outside its folder, {path}; pack it without '..'.")
    return path


def _decoded_name(member: zipfile.ZipInfo, name: str) -> str:
    """The name of a member, in the encoding it was written in.

    Only names flagged as UTF-8 state their encoding; `zipfile` takes all others for code page 437.
    But macOS and many programs write UTF-8 without the flag (what is valid UTF-8 is hardly ever
    anything else), and some add the name once more in UTF-8 (APPNOTE 4.6.9). Other bytes may be
    in any code page.
    """
    if member.flag_bits & UTF8_FLAG or member.filename.isascii():
        return member.filename
    raw = member.orig_filename.encode("cp437")
    try:
        return (_unicode_path(member.extra, raw) or raw).decode().partition("\0")[0]
    except UnicodeDecodeError:
        raise CorpusError(
            f"{name} does not say in which encoding its file names are (one may be "
            f"{member.filename!r}); make it again with a program that writes UTF-8, such as "
            "7-Zip, or with names in plain letters."
        ) from None


def _unicode_path(extra: bytes, raw: bytes) -> bytes:
    """The name in UTF-8 from the extra field for it; b"" if there is none for this raw name."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        content, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == UNICODE_PATH and content[1:5] == struct.pack("<I", zlib.crc32(raw)):
            return content[5:]
    return b""


def _is_junk(part: str) -> bool:
    return part.startswith(".") or part.casefold() in JUNK


def _extract(
    archive: zipfile.ZipFile,
    members: list[tuple[zipfile.ZipInfo, PurePosixPath]],
    folder: Path,
    packed: int,
    name: str,
    limits: Limits,
    progress: Callable[[float], object],
) -> None:
    total = sum(member.file_size for member, _ in members) or 1
    if total > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, "No space left on device")
    written = 0
    for member, path in members:
        target = folder.joinpath(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        own = 0
        # "x": a second file of the same name, or one through a link, is an error.
        with archive.open(member) as packed_file, target.open("xb") as file:
            while chunk := packed_file.read(CHUNK):
                own, written = own + len(chunk), written + len(chunk)
                _check_sizes(path, own, written, packed, name, limits)
                file.write(chunk)
                progress(min(written / total, 1.0))


def _check_sizes(
    path: PurePosixPath, own: int, together: int, packed: int, name: str, limits: Limits
) -> None:
    if own > limits.file_bytes:
        raise CorpusError(
            f"{name} holds a file of more than {_size(limits.file_bytes)}, {path}; leave it out "
            "or shorten it."
        )
    if together > limits.bytes:
        raise CorpusError(
            f"{name} unpacks to more than {_size(limits.bytes)}; use fewer or shorter recordings."
        )
    if together > limits.ratio_from and together > limits.ratio * max(packed, 1):
        raise CorpusError(
            f"{name} unpacks to more than {limits.ratio:g} times its size, which recordings never "
            "do; pack the recordings only."
        )


def _too_many(name: str, limits: Limits) -> str:
    return f"{name} holds more than {limits.files:,} files; use fewer."


def _unusual(name: str, what: str) -> str:
    return f"{name} uses a zip feature that is not supported ({what}); make it as an ordinary zip."


def _size(count: int) -> str:
    return f"{count / (1 << 30):.3g} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.3g} MiB"


def _unwrapped(folder: Path) -> Path:
    """The innermost of folders that hold nothing but another folder, unless that is a class's."""
    while True:
        inside = list(folder.iterdir())
        if len(inside) != 1 or not inside[0].is_dir():
            return folder
        deeper = list(inside[0].iterdir())
        if not any(path.is_dir() or path.suffix.lower() in TABLES for path in deeper):
            return folder
        folder = inside[0]
