"""Zip archives: the good ones whole, and each way of being bad with its own sentence."""

from __future__ import annotations

import io
import resource
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cabcnn.corpora.archive import Limits, unpack
from cabcnn.errors import CorpusError

Pack = Callable[..., Path]
SMALL = Limits(files=5, bytes=4000, file_bytes=3000, ratio=10, ratio_from=1500)


@pytest.fixture
def pack(tmp_path) -> Pack:
    """Writes an archive of (name or ZipInfo, bytes) pairs."""

    def write(*members: tuple[str | zipfile.ZipInfo, bytes], name: str = "clips.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members:
                archive.writestr(member, content)
        return path

    return write


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def refused(path: Path, sentence: str, limits: Limits = SMALL, **options) -> str:
    """What unpacking says, which must match and must leave nothing behind."""
    around = path.parent
    before = set(around.rglob("*"))
    with pytest.raises(CorpusError, match=sentence) as caught:
        unpack(path, around / "out" / "corpus", limits, **options)
    left = {p for p in around.rglob("*") if p.is_file()} - before
    assert left == set()
    assert not (around / "out" / "corpus").exists()
    text = str(caught.value)
    assert text.startswith(options.get("name", path.name))
    assert text.endswith(".")
    return text


def test_folders_come_out_as_they_went_in(pack, tmp_path):
    path = pack(("US/a.wav", b"1"), ("UK/deep/b.wav", b"22"), ("UK/c.wav", b"" * 3))
    seen = []
    begins = unpack(path, tmp_path / "corpus", progress=seen.append)
    assert begins == tmp_path / "corpus"
    assert files(begins) == {"US/a.wav": b"1", "UK/deep/b.wav": b"22", "UK/c.wav": b""}
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_files_are_plain_whatever_the_archive_says(pack, tmp_path):
    member = zipfile.ZipInfo("US/run.sh")
    member.external_attr = (stat.S_IFREG | 0o4777) << 16
    begins = unpack(pack((member, b"#!/bin/sh")), tmp_path / "corpus")
    assert (begins / "US/run.sh").stat().st_mode & 0o7111 == 0


@pytest.mark.parametrize(
    ("names", "inner"),
    [
        (["my corpus/US/a.wav", "my corpus/UK/b.wav"], "my corpus"),
        (["x/y/US/a.wav", "x/y/UK/b.wav"], "x/y"),
        (["x/list.CSV", "x/a.wav"], "x"),
        (["US/a.wav", "US/b.wav"], "."),  # one label, which is then said to be too few
        (["a.wav"], "."),
    ],
)
def test_a_folder_around_everything_is_stepped_into(pack, tmp_path, names, inner):
    begins = unpack(pack(*((name, b"x") for name in names)), tmp_path / "corpus")
    assert begins == tmp_path / "corpus" / inner


def test_what_systems_leave_in_archives_is_left_out(pack, tmp_path):
    junk = ["__MACOSX/US/._a.wav", ".DS_Store", "US/.DS_Store", "UK/Thumbs.db", "desktop.ini"]
    path = pack(("US/a.wav", b"1"), *((name, b"junk") for name in junk))
    assert files(unpack(path, tmp_path / "corpus")) == {"US/a.wav": b"1"}


def test_backslashes_part_folders(tmp_path):
    path = tmp_path / "windows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        member = zipfile.ZipInfo("placeholder")
        member.filename = "US\\a.wav"
        archive.writestr(member, b"1")
    assert files(unpack(path, tmp_path / "corpus")) == {"US/a.wav": b"1"}


@pytest.mark.parametrize("name", ["/etc/cron.d/a", "C:/a.wav", "c:a.wav", "\\\\server\\share\\a"])
def test_an_absolute_name_is_refused(pack, name):
    refused(pack(("US/a.wav", b"1"), (name, b"2")), "holds an absolute path")


@pytest.mark.parametrize("name", ["../a.wav", "US/../../a.wav", "US/..", "..\\a.wav"])
def test_a_name_that_leads_out_is_refused(pack, name):
    refused(pack(("US/a.wav", b"1"), (name, b"2")), r"path outside its folder.*'\.\.'")


def test_folders_without_end_are_refused(pack):
    refused(pack(("a/" * 30 + "a.wav", b"1")), "more than 20 nested folders")


def test_a_name_in_no_encoding_is_refused(pack):
    path = pack(("US/näme.wav", b"1"))
    path.write_bytes(path.read_bytes().replace("ä".encode(), b"\xff\xfe"))
    refused(path, "is damaged")


def packed_without_flag(path: Path, *names: bytes, extra: bytes = b"") -> Path:
    """An archive whose names are these bytes, with nothing that tells their encoding."""
    files, contents = b"", b""
    for name in names:
        facts = struct.pack(
            "<HHHHHIIIHH", 20, 0, 0, 0, 33, zlib.crc32(b"x"), 1, 1, len(name), len(extra)
        )
        contents += struct.pack("<IH", 0x02014B50, 3 << 8 | 20) + facts
        contents += struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, len(files)) + name + extra
        files += struct.pack("<I", 0x04034B50) + facts + name + extra + b"x"
    sizes = struct.pack("<HHIIH", len(names), len(names), len(contents), len(files), 0)
    path.write_bytes(files + contents + struct.pack("<IHH", 0x06054B50, 0, 0) + sizes)
    return path


def test_names_in_utf8_without_the_flag(tmp_path):
    names = ("Québec/1.wav", "Zürich/ÿ.wav", "北京/1.wav", "plain/1.wav")
    path = packed_without_flag(tmp_path / "mac.zip", *(name.encode() for name in names))
    assert files(unpack(path, tmp_path / "out")) == dict.fromkeys(sorted(names), b"x")


def test_names_given_once_more_in_utf8(tmp_path):
    raw = "Genève/1.wav".encode("cp850")
    for checksum, right in ((zlib.crc32(raw), True), (0, False)):
        field = struct.pack("<BI", 1, checksum) + "Genève/1.wav".encode()
        extra = struct.pack("<HH", 0x5455, 0) + struct.pack("<HH", 0x7075, len(field)) + field
        path = packed_without_flag(tmp_path / "both.zip", raw, extra=extra)
        if right:
            unpack(path, tmp_path / "out")
            assert [*files(tmp_path / "out")] == ["Genève/1.wav"]
        else:
            refused(path, "does not say in which encoding its file names are")


@pytest.mark.parametrize("encoding", ["cp437", "cp932", "cp1252", "gbk"])
def test_names_in_an_unknown_encoding_are_refused(tmp_path, encoding):
    name = "北京" if encoding in ("cp932", "gbk") else "Genève"
    path = packed_without_flag(tmp_path / "old.zip", f"{name}/1.wav".encode(encoding))
    refused(path, "does not say in which encoding its file names are .*; make it again")


def test_a_link_is_refused(pack):
    link = zipfile.ZipInfo("US/passwords.wav")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    refused(pack((link, b"/etc/passwd")), r"holds a link, US/passwords\.wav")


def test_a_device_is_refused(pack):
    device = zipfile.ZipInfo("US/zero.wav")
    device.create_system, device.external_attr = 3, (stat.S_IFCHR | 0o666) << 16
    refused(pack((device, b"")), "holds US/zero.wav, which is not a file")


def test_an_encrypted_archive_is_refused(pack):
    path = pack(("US/a.wav", b"secret"))
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.find(signature) + flags] |= 1
    path.write_bytes(content)
    refused(path, "is encrypted; pack it without a password")


def test_too_many_files_are_refused(pack):
    refused(pack(*((f"US/{k}.wav", b"x") for k in range(6))), "holds more than 5 files")


def test_a_list_of_contents_that_would_fill_the_memory_is_not_read(pack):
    path = pack(*((f"US/{k:0300d}.wav", b"") for k in range(7)))
    refused(path, "holds more than 5 files")
    content = path.read_bytes()
    end = content.rindex(b"PK\5\6")
    size, offset = struct.unpack_from("<II", content, end + 12)
    end_64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 7, 7, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    marked = content[end : end + 12] + b"\xff" * 8 + content[end + 20 :]
    path.write_bytes(content[:end] + end_64 + locator + marked)
    assert len(zipfile.ZipFile(path).infolist()) == 7  # it is a good zip64 archive
    refused(path, "holds more than 5 files")


def test_a_file_that_is_too_large_is_refused(pack):
    refused(pack(("US/long.wav", bytes(range(256)) * 12)), r"a file of more than .*US/long\.wav")


def test_too_much_together_is_refused(pack):
    sound = [(f"US/{k}.wav", bytes(range(256)) * 6) for k in range(3)]
    refused(pack(*sound), "unpacks to more than 0.00381 MiB; use fewer or shorter recordings")


def test_a_bomb_is_refused_and_a_little_silence_is_not(pack, tmp_path):
    refused(pack(("US/a.wav", bytes(2000))), "more than 10 times its size")
    begins = unpack(pack(("US/a.wav", bytes(1400))), tmp_path / "corpus", SMALL)
    assert files(begins) == {"US/a.wav": bytes(1400)}


def test_the_bytes_that_come_out_are_counted_not_those_that_are_claimed(pack):
    path = pack(("US/a.wav", bytes(range(256)) * 15))
    content = bytearray(path.read_bytes())
    for signature, size in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<I", content, content.find(signature) + size, 10)
    path.write_bytes(content)
    assert zipfile.ZipFile(path).infolist()[0].file_size == 10
    refused(path, "damaged|more than")


def test_an_empty_archive_is_refused(pack):
    refused(pack(), "holds no files")
    refused(pack(("US/", b""), ("__MACOSX/x", b"1")), "holds no files")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "clips.zip").write_bytes(b"")
    refused(tmp_path / "clips.zip", "is empty")


def test_what_is_no_zip_is_refused(tmp_path, pack):
    (tmp_path / "notes.zip").write_text("Dear diary, this is no archive.\n" * 50)
    refused(tmp_path / "notes.zip", "is not a zip archive")
    whole = pack(("US/a.wav", bytes(range(256)) * 4))
    whole.write_bytes(whole.read_bytes()[:-30])  # as a broken upload leaves it
    refused(whole, "not a zip archive, or only part of one")


def test_a_damaged_archive_is_refused(pack):
    path = pack(("US/a.wav", bytes(range(256)) * 4))
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    refused(path, "is damaged .*; make or download it again")


def test_another_way_of_packing_is_refused(tmp_path):
    path = tmp_path / "clips.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("US/a.wav", b"1" * 99)
    refused(path, r"uses a zip feature that is not supported \(US/a\.wav\)")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("US/a.wav", "US/a.wav"), ("US", "US/a.wav"), ("a//b", "a/b")])
def test_two_files_of_one_name_are_refused(pack, names):
    refused(pack(*((name, b"x") for name in names)), "two of its files have the same name")


def test_a_name_that_no_disk_takes_is_refused(pack):
    refused(pack(("US/" + 300 * "a" + ".wav", b"x")), "the name of one of its files is too long")


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Lets no file of this process grow beyond `size`, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_a_sentence(pack):
    path = pack(("US/a.wav", bytes(range(256)) * 8))
    with full_disk(1000):
        refused(path, "the disk is full; free some space")


def test_the_archive_may_be_called_as_its_owner_calls_it(tmp_path):
    (tmp_path / "blob").write_bytes(b"x" * 99)
    refused(tmp_path / "blob", "not a zip", name="voices.zip")


def test_nothing_is_left_where_unpacking_is_interrupted(pack, tmp_path):
    def interrupt(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(pack(("US/a.wav", b"1")), tmp_path / "corpus", progress=interrupt)
    assert not (tmp_path / "corpus").exists()


def test_a_missing_archive_is_a_sentence(tmp_path):
    with pytest.raises(CorpusError, match="can't be unpacked: No such file"):
        unpack(tmp_path / "none.zip", tmp_path / "corpus")


def test_an_archive_in_an_archive_stays_packed(pack, tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("../../x", b"x")
    found = files(unpack(pack(("US/inner.zip", inner.getvalue())), tmp_path / "corpus"))
    assert found == {"US/inner.zip": inner.getvalue()}
