"""Downloads that can be interrupted and resumed.

The part that has arrived is kept with the ETag or date of its version, so that only the rest of
that same version is requested later.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cabcnn.errors import CorpusError
from cabcnn.files import DISK_FULL, IS_FULL

if TYPE_CHECKING:
    from requests import Response

Progress = Callable[[int, int], None]  # bytes so far, and in all or 0 if unknown

CHUNK = 1 << 18
TIMEOUT = 30.0  # seconds without data
PAUSES = (0.0, 1.0, 5.0)  # seconds before each retry, after which it gives up without progress
PARTIAL, SATISFIED, GONE = 206, 416, (404, 410)


class _DroppedError(Exception):
    """The connection ended before the file did."""


def download(
    url: str, path: Path, part: Path, progress: Progress = lambda done, total: None
) -> None:
    """Downloads `url` to `path`, resuming from an earlier `part`.

    Raises CorpusError if the network, the server or the disk fails; what has arrived by then is
    kept in `part`, and its URL and version in `part`.json.
    """
    pauses = list(PAUSES)
    before = _size(part)
    with disk(part):
        while True:
            try:
                _request(url, part, progress)
                break
            except _DroppedError as error:
                if (size := _size(part)) > before:
                    pauses, before = list(PAUSES), size
                if not pauses:
                    raise CorpusError(
                        f"The connection to {_host(url)} broke after {_megabytes(size)}; run the "
                        "same command again to resume."
                    ) from error
                time.sleep(pauses.pop(0))
        part.replace(path)
        _version_file(part).unlink(missing_ok=True)


def _request(url: str, part: Path, progress: Progress) -> None:
    """One request, for all or for the rest. Raises _DroppedError if less arrives than promised."""
    import requests
    from urllib3.exceptions import HTTPError

    have, version = _size(part), _version(part, url)
    headers = {"Accept-Encoding": "identity"}  # uncompressed, so that bytes can be counted
    if have and version:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    try:
        response = requests.get(url, headers=headers, stream=True, timeout=TIMEOUT)
    except requests.RequestException as error:
        if have:
            raise _DroppedError from error
        raise CorpusError(_unreachable(url, error)) from error
    with response:
        if response.status_code == SATISFIED and have == _total(response):
            return  # it was interrupted after the last byte
        if response.status_code == SATISFIED or _other_version(response, have):
            part.unlink()
            raise _DroppedError
        _check_status(response, url)
        if response.status_code != PARTIAL:
            have = 0
            part.write_bytes(b"")  # first: the version must never be that of older bytes
            _version_file(part).write_text(
                json.dumps({"url": url, "version": _response_version(response)}), "utf-8"
            )
        total = _total(response)
        _check_room(part, total - have)
        try:
            with part.open("ab", buffering=0) as file:
                progress(have, total)
                for block in response.raw.stream(CHUNK, decode_content=False):
                    file.write(block)
                    have += len(block)
                    progress(have, total)
        except HTTPError as error:
            raise _DroppedError from error
    if have < total:
        raise _DroppedError


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _version_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _version(part: Path, url: str) -> str:
    """The version of the part; "" if unknown, so that it can't be resumed."""
    try:
        facts = json.loads(_version_file(part).read_text("utf-8"))
        return str(facts["version"]) if facts["url"] == url else ""
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ""


def _response_version(response: Response) -> str:
    """What identifies this version to the server: a strong ETag (RFC 9110), else the date."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _total(response: Response) -> int:
    """The size of the whole file, 0 if the server does not say."""
    match = re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d+)", response.headers.get("Content-Range", ""))
    return int(match[1] if match else response.headers.get("Content-Length", 0))


def _other_version(response: Response, have: int) -> bool:
    """Whether the response does not continue where the part ends."""
    content_range = response.headers.get("Content-Range", "")
    return response.status_code == PARTIAL and not content_range.startswith(f"bytes {have}-")


def _check_status(response: Response, url: str) -> None:
    if response.status_code in GONE:
        raise CorpusError(
            f"{url} no longer exists ({response.status_code}); look for its new address and "
            "download it yourself."
        )
    if not response.ok:
        raise CorpusError(
            f"{_host(url)} answered {response.status_code} {response.reason}; try again later."
        )


def _check_room(part: Path, need: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if need > free:
        raise CorpusError(
            f"{_megabytes(need)} are still to be downloaded and the disk of {part.parent} has "
            f"{_megabytes(free)} left; free some space or choose another folder."
        )


def _unreachable(url: str, error: Exception) -> str:
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return f"The certificate of {_host(url)} is not valid; try again from another network."
    if isinstance(error, requests.Timeout):
        return f"{_host(url)} does not answer; check the network or try again later."
    if isinstance(error, requests.ConnectionError):
        return f"{_host(url)} can't be reached; check the network and run the same command again."
    return f"{url} can't be downloaded ({error}); try again later."


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """Turns errors of the disk into a CorpusError."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise CorpusError(
                f"There is no room for {path}: {IS_FULL} The same command resumes the download."
            ) from error
        raise CorpusError(f"{path} can't be written: {error.strerror}.") from error


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
