"""Downloads from a server of our own: whole, in pieces, interrupted, changed, damaged, refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import socket
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cabcnn import cli
from cabcnn.corpora import download as downloads
from cabcnn.corpora import fetch as fetching
from cabcnn.corpora import read
from cabcnn.corpora.download import download
from cabcnn.corpora.fetch import DOWNLOADS, Download, fetch
from cabcnn.errors import CorpusError

CONTENT = np.random.default_rng(0).bytes(1_000_003)
PATH = "/corpus.tar.gz"


class Server(ThreadingHTTPServer):
    """Sends `content`; a request with a number in `drops` is cut off after so many bytes."""

    content = CONTENT
    tag: str | None = '"one"'
    ranges = True
    status = 200
    drops: tuple[int, ...] = ()
    claims = 0  # the length it says it sends, where that is not the true one

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []  # the Range of each request
        self.sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{PATH}"

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):  # a client may hang up
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        assert isinstance(server, Server)
        number = len(server.asked)
        wanted = self.headers.get("Range")
        server.asked.append(wanted)
        if server.status != 200 or self.path != PATH:
            self.send_error(server.status if server.status != 200 else 404)
            return
        start, total = 0, len(server.content)
        if wanted and server.ranges and self.headers.get("If-Range") == server.tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start and start >= total:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{total}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        if server.tag:
            self.send_header("ETag", server.tag)
        # A habit of some servers, from which clients conclude to unpack on the way.
        self.send_header("Content-Encoding", "x-gzip")
        self.send_header("Content-Length", str(server.claims or total - start))
        self.end_headers()
        body = server.content[start:]
        if number < len(server.drops):
            body = body[: server.drops[number]]
            self.close_connection = True
        server.sent += len(body)
        self.wfile.write(body)

    def log_message(self, format, *arguments):  # noqa: A002
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloads, "PAUSES", (0.0, 0.0))
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def get(server, tmp_path) -> Callable[[], bytes]:
    """Downloads the server's file and returns what came."""

    def go(progress=lambda done, total: None) -> bytes:
        download(server.url, tmp_path / "whole", tmp_path / "a.part", progress)
        assert [path.name for path in tmp_path.iterdir()] == ["whole"]
        return (tmp_path / "whole").read_bytes()

    return go


def test_a_download_in_one_go(get, server):
    told = []
    assert get(lambda done, total: told.append((done, total))) == CONTENT
    assert server.asked == [None]
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_connection_that_drops_goes_on_where_it_was(get, server):
    server.drops = (400_000, 0, 100_000)
    assert get() == CONTENT
    assert server.asked == [None, "bytes=400000-", "bytes=400000-", "bytes=500000-"]
    assert server.sent == len(CONTENT)


def test_a_later_command_goes_on_where_the_last_one_was(get, server, tmp_path):
    server.drops = (600_000, 0, 0, 0)
    with pytest.raises(CorpusError, match=r"broke after 0\.6 MB; run the same command again"):
        get()
    assert (tmp_path / "a.part").read_bytes() == CONTENT[:600_000]
    assert get() == CONTENT
    assert server.asked[-1] == "bytes=600000-"
    assert server.sent == len(CONTENT)


def test_an_interrupt_at_the_keyboard_loses_nothing(get, server, tmp_path):
    def interrupt(done: int, total: int) -> None:
        if done > 500_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(interrupt)
    have = (tmp_path / "a.part").stat().st_size
    assert have > 500_000
    assert get() == CONTENT
    assert server.asked == [None, f"bytes={have}-"]


def test_interrupted_between_the_last_byte_and_the_name(get, server, tmp_path):
    server.drops = (len(CONTENT) - 1, 0, 0, 0)
    with pytest.raises(CorpusError, match="broke"):
        get()
    with (tmp_path / "a.part").open("ab") as file:
        file.write(CONTENT[-1:])
    assert get() == CONTENT
    assert server.sent == len(CONTENT) - 1


def test_a_server_that_cannot_go_on_begins_anew(get, server):
    server.ranges = False
    server.drops = (400_000,)
    assert get() == CONTENT
    assert server.sent == len(CONTENT) + 400_000


def test_a_file_that_changed_meanwhile_is_not_mixed_with_the_old_one(get, server):
    server.drops = (400_000, 0, 0, 0)
    with pytest.raises(CorpusError, match="broke"):
        get()
    server.content, server.tag = CONTENT[::-1], '"two"'
    assert get() == CONTENT[::-1]


@pytest.mark.parametrize("tag", [None, 'W/"weak"'])
def test_without_a_mark_of_the_version_nothing_is_added_to_the_old_one(get, server, tag):
    server.tag = tag
    server.drops = (400_000,)
    assert get() == CONTENT
    assert server.asked == [None, None]


def test_a_part_of_another_address_is_not_gone_on_with(get, server, tmp_path):
    (tmp_path / "a.part").write_bytes(b"x" * 1_000)
    mark = {"url": "http://127.0.0.1/other", "version": server.tag}
    (tmp_path / "a.part.json").write_text(json.dumps(mark))
    assert get() == CONTENT


def test_a_part_that_is_longer_than_the_file(get, server, tmp_path):
    (tmp_path / "a.part").write_bytes(b"x" * (len(CONTENT) + 1))
    (tmp_path / "a.part.json").write_text(json.dumps({"url": server.url, "version": server.tag}))
    assert get() == CONTENT


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, r"no longer exists \(404\); look for its new address"),
        (503, r"answered 503 Service Unavailable; try again later"),
    ],
)
def test_a_server_that_says_no(get, server, status, said):
    server.status = status
    with pytest.raises(CorpusError, match=said):
        get()
    assert len(server.asked) == 1


def test_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as free:  # bound and not listening: nobody answers at this port
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(CorpusError, match=f"{address} can't be reached; check the network"):
            download(f"http://{address}/a", tmp_path / "a", tmp_path / "a.part")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk always full")
def test_a_full_disk(get, tmp_path):
    (tmp_path / "a.part").symlink_to("/dev/full")
    with pytest.raises(CorpusError, match=r"disk is full; free some space.* same command resumes"):
        get()


def test_a_disk_that_is_too_small_is_told_at_once(get, server):
    server.claims = 10**17
    with pytest.raises(
        CorpusError, match=r"100,000,000,000\.0 MB are still to be downloaded and the disk"
    ):
        get()


def test_a_folder_that_cannot_be_written(server, tmp_path):
    with pytest.raises(CorpusError, match="can't be written: No such file"):
        download(server.url, tmp_path / "no" / "a", tmp_path / "no" / "a.part")


# Corpora


def packed(names: list[str], wrapper: str = "digits-1.0/") -> bytes:
    """A .tar.gz of empty files, whose time is none so that it is the same each time."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for name in names:
            tar.addfile(tarfile.TarInfo(f"{wrapper}{name}"))
    return out.getvalue()


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


DIGITS = ["recordings/0_ann_0.wav", "recordings/1_bob_7.wav", "README.md"]


@pytest.fixture
def offer(server, monkeypatch) -> Callable[..., None]:
    """Puts a corpus named digits on the server, and on the list of those that can be fetched."""

    def put(content: bytes, sha256: str | None = None) -> None:
        server.content, server.tag = content, f'"{hashlib.sha256(content).hexdigest()}"'
        one = Download(server.url, "Digits", "Made for a test.", sha256)
        monkeypatch.setitem(DOWNLOADS, "digits", one)

    return put


@pytest.mark.parametrize("told", [False, True])
def test_a_corpus_is_fetched_unpacked_and_recorded(offer, server, tmp_path, told, capfd):
    archive = packed(DIGITS)
    checksum = hashlib.sha256(archive).hexdigest()
    offer(archive, checksum if told else None)
    folder = fetch("digits", tmp_path / "new" / "place")
    assert folder == tmp_path / "new" / "place" / "digits"
    assert {path.name for path in folder.parent.iterdir()} == {"digits", "digits.json"}
    assert [(c.label, c.speaker, c.split) for c in read(folder)] == [
        ("0", "ann", "test"),
        ("1", "bob", "train"),
    ]
    record = json.loads((folder.parent / "digits.json").read_text("utf-8"))
    assert (record["sha256"], record["bytes"]) == (checksum, len(archive))
    assert record["checksum"] == ("by the publisher" if told else "of the first download")
    assert capfd.readouterr() == ("", "")
    fetch("digits", tmp_path / "new" / "place")
    assert len(server.asked) == 1, "what is there is not fetched again"


def test_a_corpus_of_a_dropped_connection(offer, server, tmp_path):
    offer(packed(DIGITS))
    server.drops = (100, 0, 0)
    with pytest.raises(CorpusError, match="run the same command again to resume"):
        fetch("digits", tmp_path)
    assert not (tmp_path / "digits").exists()
    assert len(read(fetch("digits", tmp_path))) == 2
    assert server.sent == len(server.content)


def test_what_has_not_the_publishers_checksum_is_thrown_away(offer, tmp_path):
    offer(packed(DIGITS), "0" * 64)
    with pytest.raises(CorpusError, match="does not have its publisher's checksum"):
        fetch("digits", tmp_path)
    assert not files(tmp_path)


def test_what_is_not_what_came_first_is_thrown_away(offer, tmp_path):
    offer(packed(DIGITS))
    for path in sorted(fetch("digits", tmp_path).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    offer(packed([*DIGITS, "recordings/2_cy_0.wav"]))
    with pytest.raises(CorpusError, match=r"differs from the first one.*remove .*\.json"):
        fetch("digits", tmp_path)
    (tmp_path / "digits.json").unlink()
    assert len(read(fetch("digits", tmp_path))) == 3


def test_a_damaged_archive_is_thrown_away(offer, tmp_path):
    archive = packed(DIGITS)
    for bad in (archive[:-20], archive[:60] + b"xxxxxx" + archive[66:], b"<html>Moved</html>"):
        offer(bad)
        with pytest.raises(CorpusError, match=r"digits\.tar\.gz is damaged .*again"):
            fetch("digits", tmp_path)
        assert not [name for name in files(tmp_path) if "tar" in name]
    offer(archive)
    assert len(read(fetch("digits", tmp_path))) == 2


def test_an_archive_that_reaches_outside(offer, tmp_path):
    offer(packed(["good.wav", "../../outside.wav"], wrapper=""))
    with pytest.raises(CorpusError, match="holds paths outside its folder"):
        fetch("digits", tmp_path / "in")
    assert files(tmp_path) == ["digits.tar.gz"]


def test_unpacking_that_was_interrupted_begins_anew(offer, server, tmp_path):
    offer(packed(DIGITS))
    work = tmp_path / ".digits.unfinished"
    (work / "digits").mkdir(parents=True)
    (work / "digits.tar.gz").write_bytes(server.content)
    (work / "digits" / "stale.wav").touch()
    (work / "tmp12345").touch()  # pooch's, of a run that was killed
    folder = fetch("digits", tmp_path)
    assert not server.asked, "the archive is there"
    assert sorted(files(tmp_path)) == sorted([*(Path(d).name for d in DIGITS), "digits.json"])
    assert not work.exists()
    assert folder == tmp_path / "digits"


def test_the_command_fetches_and_says_what_is_not_known(offer, server, tmp_path):
    offer(packed(DIGITS))
    done = CliRunner().invoke(cli.app, ["corpus", "fetch", "digits", str(tmp_path)])
    assert done.exit_code == 0
    assert done.stdout == f"{tmp_path / 'digits'}: Digits. Made for a test.\n"
    assert done.stderr == (
        f"Its publisher gives no checksum; that of the download is in {tmp_path / 'digits.json'}.\n"
    )
    server.status = 404
    done = CliRunner().invoke(cli.app, ["corpus", "fetch", "digits", str(tmp_path / "again")])
    assert isinstance(done.exception, CorpusError)


def test_a_corpus_that_nobody_offers(tmp_path):
    with pytest.raises(
        CorpusError, match="no corpus 'timit' to download; choose one of ut-podcast, fsdd"
    ):
        fetch("timit", tmp_path)


def test_where_the_real_ones_are():
    assert set(DOWNLOADS) == {"ut-podcast", "fsdd"}
    for one in DOWNLOADS.values():
        assert one.url.startswith("https://")
        assert one.url.endswith(fetching.ARCHIVE)
