"""Decoding a sound file to mono: soundfile or PyAV, and what odd files need.

soundfile decodes wav, flac, ogg, opus and aiff; PyAV everything else (mp3, m4a, webm, mp4, mov,
3gp, amr, wma). soundfile could decode mp3 too, but its library writes to the terminal about
damaged frames, and does not tell the program.
"""

from __future__ import annotations

import io
import math
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.errors import AudioError

Samples = NDArray[np.float32]
BLOCK_SECONDS = 2.0  # decoded at a time, so that a file of hours costs no more than its first T
MIN_RATE, MAX_RATE = 1_000, 768_000
# The containers that PyAV may open. Its FFmpeg also reads playlists, which name other files and
# addresses: an uploaded playlist would make a server read those.
CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,"
    "ogg,rm,tta,w64,wav,wv"
)
# The mix of channels that have nothing in common has the sum of their powers, over the square of
# their number. With less than this share of it, they cancel each other out: for two channels, a
# correlation below -0.9.
CANCELLED = 0.1
OPEN_SIZE = 0x7FFFF000  # of a wav file's sound, from which on it stands for "unknown"
MOST_MENDED = 1 << 30  # bytes of a wav file whose size is put right in memory
MOST_MISSING = 0.3  # seconds by which a sound may be shorter than its header says: codecs pad
EBML = b"\x1a\x45\xdf\xa3"  # with which a matroska file begins
MAX_FAILURES = 1_000  # packets without any sound before a track is given up

DAMAGED = "The file is damaged: what could not be decoded is missing."
CHAINED = "The file holds several recordings, one after another; they were taken as one."
CUT = "The file ends before its header says that it does; what is there was used."
MISCOUNTED = (
    "The file goes on behind the end that its header names; all that follows was taken as sound."
)
UNFINISHED = (
    "The file was never finished: its header gives no length, so all that follows was taken as "
    "sound."
)


class Remark(NamedTuple):
    """A sentence on what was done to read a sound, true from `time` on, in seconds."""

    time: float
    text: str


class Decoded(NamedTuple):
    """Mono samples (k,) at `rate`, which may go on a little beyond T; see `audio.Sound`."""

    samples: Samples
    rate: int
    remarks: tuple[Remark, ...]


def decode(source: Path | io.BytesIO, name: str, seconds: float | None) -> Decoded:
    """At least the first `seconds` of a file, or all of it.

    Raises AudioError if it can't be decoded; `name` is what the message calls it.
    """
    mixer = _decode(source, name, _Mixer(seconds))
    if cancelled := mixer.cancelled():
        mixer = _decode(source, name, _Mixer(seconds, cancelled))
    return mixer.result()


def check_rate(rate: Any) -> int:
    """The sample rate in Hz. Raises AudioError for one that no recording has."""
    try:
        number = float("nan") if isinstance(rate, str | bytes) else float(rate)
        possible = MIN_RATE <= number <= MAX_RATE and int(number) == number
    except (TypeError, ValueError, OverflowError, RuntimeError):
        possible = False
    if not possible:
        try:
            shown = f"{rate} Hz" if len(str(rate)) < 30 else "this kind"
        except ValueError:  # a whole number of thousands of digits
            shown = "this size"
        raise AudioError(
            f"A sample rate of {shown} is not possible; it must be a whole number from "
            f"{MIN_RATE:,} to {MAX_RATE:,}."
        )
    return int(rate)


def mix(samples: NDArray) -> tuple[NDArray, int | None]:
    """The mean of the channels, (k, channels) -> (k,), and None; of channels that cancel each
    other out, the loudest, and its index."""
    powers, power = _powers(samples), _power(mean := mono(samples))
    if not _cancel(powers, power):
        return mean, None
    loudest = _loudest(powers)
    return samples[:, loudest], loudest


def mono(samples: NDArray) -> NDArray:
    """The mean of the channels, (k, channels) -> (k,); np.mean takes thirty times as long."""
    channels = samples.shape[1]
    return samples @ np.full(channels, 1 / channels, samples.dtype)


def cancellation(channel: int) -> str:
    return (
        "The channels cancel each other out, as if one were inverted; only the loudest, number "
        f"{channel + 1}, was used."
    )


def _cancel(powers: NDArray, mixed: float) -> bool:
    channels = len(powers)
    return channels > 1 and mixed < CANCELLED * powers.sum() / channels**2


def _loudest(powers: NDArray) -> int:
    """The first channel that has at least 9/10 of the power of the loudest."""
    return int((powers >= 0.9 * powers.max()).argmax())


def _powers(samples: NDArray) -> NDArray:
    """Each channel's variance times its length, (k, channels) -> (channels,)."""
    sums = np.ones(len(samples), samples.dtype) @ samples
    squares = np.einsum("kc,kc->c", samples, samples)
    return squares.astype(np.float64) - sums.astype(np.float64) ** 2 / max(len(samples), 1)


def _power(samples: NDArray) -> float:
    return float(_powers(samples[:, None])[0])


class Balance:
    """What channels and their mean have had of power so far."""

    def __init__(self) -> None:
        self.count = 0
        self.powers = np.zeros(0)
        self._mixed = 0.0

    def add(self, block: NDArray) -> NDArray:
        """The mean (k,) of a block's channels (k, channels)."""
        mixed = mono(block)
        if len(self.powers) != block.shape[1]:
            self.count, self.powers, self._mixed = 0, np.zeros(block.shape[1]), 0.0
        self.powers += _powers(block)
        self._mixed += _power(mixed)
        self.count += len(block)
        return mixed

    @property
    def cancelled(self) -> bool:
        return _cancel(self.powers, self._mixed)


class _Segment:
    """Blocks of one rate and number of channels."""

    def __init__(self, rate: int, channels: int, start: float) -> None:
        self.rate, self.channels, self.start = rate, channels, start
        self.blocks: list[Samples] = []
        self.count = 0
        self.balance = Balance()


class _Mixer:
    """Makes one mono sound of blocks, whose rate and channels may change on the way.

    `chosen` maps a segment's number to the channel to use alone, where mixing would cancel.
    """

    def __init__(self, seconds: float | None, chosen: dict[int, int] | None = None) -> None:
        self.limit = math.inf if seconds is None else seconds
        self.chosen = chosen or {}
        self.segments: list[_Segment] = []
        self.remarks: list[Remark] = []

    @property
    def seconds(self) -> float:
        return sum(segment.count / segment.rate for segment in self.segments)

    @property
    def full(self) -> bool:
        """Whether there is at least a sample more than T."""
        if not self.segments or self.limit == math.inf:
            return False
        rate = self.segments[0].rate
        return self.seconds * rate >= round(self.limit * rate) + 1 - 1e-6

    def remark(self, text: str, time: float | None = None) -> None:
        if all(text != one.text for one in self.remarks):
            self.remarks.append(Remark(self.seconds if time is None else time, text))

    def add(self, block: NDArray, rate: int) -> bool:
        """Adds samples (k, channels); returns whether there are enough."""
        channels = block.shape[1]
        last = self.segments[-1] if self.segments else None
        if last is None or (last.rate, last.channels) != (rate, channels):
            last = _Segment(check_rate(rate), channels, self.seconds)
            self.segments.append(last)
        chosen = self.chosen.get(len(self.segments) - 1)
        if channels == 1:
            last.blocks.append(block[:, 0])
        elif chosen is None:
            last.blocks.append(last.balance.add(block))
        else:
            last.blocks.append(block[:, chosen].copy())
        last.count += len(block)
        return self.full

    def cancelled(self) -> dict[int, int]:
        """The loudest channel of each segment whose channels cancel each other out."""
        return {
            number: _loudest(segment.balance.powers)
            for number, segment in enumerate(self.segments)
            if segment.balance.cancelled
        }

    def result(self) -> Decoded:
        if not self.segments:
            return Decoded(np.zeros(0, np.float32), MIN_RATE, tuple(self.remarks))
        for number, channel in self.chosen.items():
            self.remark(cancellation(channel), self.segments[number].start)
        if len(self.segments) > 1 and all(one.text != CHAINED for one in self.remarks):
            at = self.segments[1].start
            text = f"The sample rate or the number of channels changes at {at:.3g} s; all was used."
            self.remark(text, at)
        rate = self.segments[0].rate
        parts = [_resampled(segment, rate) for segment in self.segments]
        samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return Decoded(samples, rate, tuple(sorted(self.remarks)))


def _resampled(segment: _Segment, rate: int) -> Samples:
    samples = np.concatenate(segment.blocks)
    if segment.rate == rate:
        return samples
    import soxr

    return soxr.resample(samples, segment.rate, rate)


def _decode(source: Path | io.BytesIO, name: str, mixer: _Mixer) -> _Mixer:
    import soundfile

    if not _for_soundfile(source, name):
        return _decode_with_av(source, name, mixer)
    first = 1
    try:
        _add_with_soundfile(_rewound(source), mixer)
    except soundfile.LibsndfileError:
        mixer, first = _Mixer(mixer.limit, mixer.chosen), 0
    if not mixer.segments and first and _is_unfinished(source):
        mixer.remark(UNFINISHED)
        return _decode_with_av(source, name, mixer)
    if mixer.full:
        return mixer
    with _content(source) as content:
        if first and content[:4] == b"RIFF" and (end := _wav_end(content)) != len(content):
            if end > len(content):
                mixer.remark(CUT)
            elif len(content) <= MOST_MENDED and not _goes_on(content, end):
                mended = _Mixer(mixer.limit, mixer.chosen)
                mended.remark(MISCOUNTED, mixer.seconds)
                _add_with_soundfile(_recounted(content), mended)
                return mended
        starts = _starts(content)
        if len(starts) == 1 and not first:
            return _decode_with_av(source, name, mixer)
        for start, end in list(pairwise([*starts, len(content)]))[first:]:
            if start:
                mixer.remark(CHAINED)
            try:
                _add_with_soundfile(io.BytesIO(content[start:end]), mixer)
            except soundfile.LibsndfileError:
                mixer.remark(DAMAGED)
            if mixer.full:
                break
    return mixer


def _rewound(source: Path | io.BytesIO) -> Path | io.BytesIO:
    if isinstance(source, io.BytesIO):
        source.seek(0)
    return source


def _head(source: Path | io.BytesIO, size: int) -> bytes:
    if isinstance(source, io.BytesIO):
        return bytes(source.getbuffer()[:size])
    with source.open("rb") as file:
        return file.read(size)


def _for_soundfile(source: Path | io.BytesIO, name: str) -> bool:
    head, suffix = _head(source, 4), Path(name).suffix.lower()
    if suffix == ".raw":  # soundfile goes by this ending, whatever the content
        return False
    if head in (b"RIFF", b"RF64", b"OggS", b"fLaC", b"FORM"):
        return True
    is_mpeg = head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")
    return not is_mpeg and suffix not in (".mp3", ".mp2", ".mp1", ".mpga")


def _add_with_soundfile(source: Path | io.BytesIO, mixer: _Mixer) -> None:
    import soundfile

    with soundfile.SoundFile(source) as file:
        rate = check_rate(file.samplerate)
        frames = max(round(BLOCK_SECONDS * rate), 1)
        while len(block := file.read(frames, dtype="float32", always_2d=True)):
            if mixer.add(block, rate):
                return


def _is_unfinished(source: Path | io.BytesIO) -> bool:
    """Whether a wav or aiff file whose header counts no sample goes on behind its header."""
    head = _head(source, 8)
    order = "big" if head[:4] == b"FORM" else "little"
    size = len(source.getbuffer()) if isinstance(source, io.BytesIO) else source.stat().st_size
    return int.from_bytes(head[4:8], order) + 8 < size - 1


@contextmanager
def _content(source: Path | io.BytesIO) -> Iterator[bytes | mmap.mmap]:
    """All bytes of a file, which are read only where they are looked at."""
    if isinstance(source, io.BytesIO):
        yield source.getvalue()
        return
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def _starts(content: bytes | mmap.mmap) -> list[int]:
    """Where the recordings begin that an ogg, flac or wav file consists of."""
    find = {b"OggS": _ogg_starts, b"fLaC": _flac_starts, b"RIFF": _wav_starts}.get(content[:4])
    return [0, *(find(content) if find else ())]


def _ogg_starts(content: bytes | mmap.mmap) -> Iterator[int]:
    """Where a stream begins, but for those that begin together with the first."""
    first_page = b"OggS\x00\x02"
    begun = content.find(first_page)
    while (start := content.find(first_page, begun + 1)) >= 0:
        if content.find(b"OggS\x00", begun + 1) != start:
            yield start
        begun = start


def _flac_starts(content: bytes | mmap.mmap) -> Iterator[int]:
    start = 0
    while (start := content.find(b"fLaC", start + 1)) >= 0:
        if content[start + 4] & 0x7F == 0 and content[start + 5 : start + 8] == b"\x00\x00\x22":
            yield start


def _wav_starts(content: bytes | mmap.mmap) -> Iterator[int]:
    start = 0
    while True:
        start += 8 + int.from_bytes(content[start + 4 : start + 8], "little")
        start += start % 2
        if content[start : start + 4] != b"RIFF" or content[start + 8 : start + 12] != b"WAVE":
            return
        yield start


def _wav_chunks(content: bytes | mmap.mmap) -> Iterator[tuple[bytes, int, int]]:
    """The name of each chunk of a wav file, where its content begins, and its size as stated."""
    at = 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        yield content[at : at + 4], at + 8, size
        at += 8 + size + size % 2


def _wav_end(content: bytes | mmap.mmap) -> int:
    """Where the sound of a wav file ends by its header; at the end of the file if the header
    leaves that open, as programs do that write while they record."""
    for name, start, size in _wav_chunks(content):
        if name == b"data":
            return len(content) if size == 0 or size >= OPEN_SIZE else start + size
    return len(content)


def _goes_on(content: bytes | mmap.mmap, end: int) -> bool:
    """Whether what follows the sound are chunks, or another file, and not more of the sound."""
    if end >= len(content) - 8 or not any(content[end : end + 4_096]):
        return True  # nothing, or padding
    for at in (end, end + end % 2):  # not all programs pad a chunk of odd length
        name = content[at : at + 4]
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if name.startswith((b"ID3", b"TAG")) or name in (b"LIST", b"RIFF"):
            return True  # be it cut
        if all(32 <= letter < 127 for letter in name) and at + 8 + size <= len(content) + 1:
            return True
    return False


def _recounted(content: bytes | mmap.mmap) -> io.BytesIO:
    """A wav file whose sound goes on to the end of the file."""
    mended = bytearray(content)
    for name, start, _ in _wav_chunks(content):
        if name == b"data":
            mended[start - 4 : start] = (len(mended) - start).to_bytes(4, "little")
            break
    mended[4:8] = (len(mended) - 8).to_bytes(4, "little")
    return io.BytesIO(bytes(mended))


def _mp4_starts(content: bytes | mmap.mmap) -> Iterator[int]:
    """Where further files begin that were appended to an mp4 file."""
    at = 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        if at and content[at + 4 : at + 8] == b"ftyp":
            yield at
        if size < 8:  # 0: up to the end; others are damage
            return
        at += size


def _matroska_starts(content: bytes | mmap.mmap) -> Iterator[int]:
    """Where further files begin that were appended to a matroska or webm file."""
    start = 0
    while (start := content.find(EBML, start + 1)) >= 0:
        if any(kind in content[start : start + 64] for kind in (b"webm", b"matroska")):
            yield start


def _decode_with_av(source: Path | io.BytesIO, name: str, mixer: _Mixer) -> _Mixer:
    """Adds the first audio track that can be decoded, of each file if mp4 files are chained."""
    head = _head(source, 8)
    if head[:4] == EBML:  # FFmpeg reads on
        with _content(source) as content:
            chained = any(_matroska_starts(content))
            mixer = _add_file(source, name, mixer, counted=not chained)
            if not mixer.full and chained:
                mixer.remark(CHAINED, 0.0)
        return mixer
    if head[4:] != b"ftyp":
        return _add_file(source, name, mixer)
    with _content(source) as content:
        starts = list(_mp4_starts(content))
        if not starts:
            return _add_file(source, name, mixer)
        for start, end in pairwise([0, *starts, len(content)]):
            if start:
                mixer.remark(CHAINED)
            try:
                _add_file(io.BytesIO(content[start:end]), name, mixer)
            except AudioError:
                if not start:
                    raise
                mixer.remark(DAMAGED)
            if mixer.full:
                break
    return mixer


def _add_file(source: Path | io.BytesIO, name: str, mixer: _Mixer, counted: bool = True) -> _Mixer:
    """Adds a file; `counted` says whether its header counts the whole of it."""
    import av.error

    before = len(mixer.segments), mixer.seconds
    failure: Exception | None = None
    tracks, track = 1, 0
    while track < tracks:
        file = _rewound(source)
        try:
            with av.open(
                file if isinstance(file, io.BytesIO) else str(file),
                options={"format_whitelist": CONTAINERS},
                metadata_errors="ignore",
            ) as container:
                tracks = len(container.streams.audio)
                if not tracks:
                    what = "a video or picture" if container.streams.video else "a file"
                    raise AudioError(f"{name} is {what} without sound; choose one with sound.")
                stream = container.streams.audio[track]
                if stream.codec_context is not None:
                    _add_track(container, stream, mixer)
                stated = _stated_seconds(container, stream, source) if counted else 0.0
                known = any(one.text == DAMAGED for one in mixer.remarks) or mixer.full
                if not known and 0 < mixer.seconds - before[1] < stated - MOST_MISSING:
                    mixer.remark(CUT)
        except av.error.FFmpegError as error:
            failure = error
        if (len(mixer.segments), mixer.seconds) != before:
            break
        track += 1
    if (len(mixer.segments), mixer.seconds) == before:
        if failure is None and tracks == 1:
            return mixer
        raise AudioError(f"{name} {_diagnose(source)}") from failure
    if track:
        mixer.remark(
            f"Audio track {track + 1} of {tracks} was used, the first that can be decoded.", 0.0
        )
    elif tracks > 1:
        mixer.remark(f"The file has {tracks} audio tracks; only the first was used.", 0.0)
    return mixer


def _stated_seconds(container: Any, stream: Any, source: Path | io.BytesIO) -> float:
    """How long the sound is by the file's header; 0 if that does not say."""
    kind = container.format.name
    if kind.startswith("mov") and stream.duration:
        return float(stream.duration * stream.time_base)
    if kind == "mp3":  # of which FFmpeg has an estimate, if no frame counts the others
        rate = stream.codec_context.sample_rate
        return _counted_frames(_head(source, 1 << 16)) * (1152 if rate >= 32_000 else 576) / rate
    if kind.startswith("matroska") and len(container.streams) == 1:
        return (container.duration or 0) / 1e6
    return 0.0


def _counted_frames(head: bytes) -> int:
    """The frames of an mp3 file by its Xing tag, in the first frame; 0 if it has none."""
    first = 0
    if head[:3] == b"ID3":  # a tag before the first frame: 7 bits of its size in each byte
        first = 10 + sum((byte & 127) << (7 * k) for k, byte in enumerate(reversed(head[6:10])))
    at = max(head.find(name, first, first + 200) for name in (b"Xing", b"Info"))
    has_count = at >= 0 and len(head) >= at + 12 and head[at + 7] & 1
    return int.from_bytes(head[at + 8 : at + 12], "big") if has_count else 0


def _add_track(container: Any, stream: Any, mixer: _Mixer) -> None:
    """Adds a track's sound, leaving out packets that can't be decoded.

    Raises FFmpegError if nothing can be.
    """
    import av.error

    waiting = _Waiting(mixer)
    is_mpeg = stream.codec_context.name.startswith("mp")
    failures, number = 0, 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.error.FFmpegError:
            if not waiting.heard:
                raise
            waiting.remark(DAMAGED)
            break
        begins = is_mpeg and number > 0 and _begins_recording(bytes(packet))
        number += 1
        if begins:
            waiting.remark(CHAINED)
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            failures += 1
            if not waiting.heard and failures >= MAX_FAILURES:
                raise
            if not begins:
                waiting.remark(DAMAGED)
            continue
        for frame in frames:
            if waiting.add(frame):
                return
    waiting.flush()
    if not waiting.heard and failures:
        raise av.error.InvalidDataError(0, "no packet can be decoded")


class _Waiting:
    """Frames of one format, until there are enough for a block: mixing each would take longer
    than decoding it."""

    def __init__(self, mixer: _Mixer) -> None:
        self.heard = False
        self._mixer = mixer
        self._format: tuple[Any, ...] = ()
        self._frames: list[NDArray] = []
        self._count = 0
        self._early: list[str] = []

    def add(self, frame: Any) -> bool:
        """Returns whether there is enough sound."""
        import av

        described = frame.sample_rate, frame.layout.name, frame.format.name
        if described != self._format:
            self.flush()
            self._format, self._converter = described, av.AudioResampler(format="fltp")
        for part in [frame] if described[2] == "fltp" else self._converter.resample(frame):
            self._frames.append(part.to_ndarray())
            self._count += self._frames[-1].shape[1]
        if not self.heard:
            self.heard = True
            for text in self._early:
                self._mixer.remark(text, 0.0)
        return self._count >= BLOCK_SECONDS * described[0] and self.flush()

    def flush(self) -> bool:
        frames, self._frames, self._count = self._frames, [], 0
        return bool(frames) and self._mixer.add(np.concatenate(frames, 1).T, self._format[0])

    def remark(self, text: str) -> None:
        """Keeps a remark; before any sound it waits, since another track may be used instead."""
        if not self.heard:
            self._early.append(text)
            return
        self._mixer.remark(text, self._mixer.seconds + self._count / max(self._rate, 1))

    @property
    def _rate(self) -> int:
        return self._format[0] if self._format else 0


def _begins_recording(packet: bytes) -> bool:
    """Whether an MPEG packet is the first of a recording: a tag, or a frame of facts."""
    head = packet[:64]
    return head[:3] in (b"ID3", b"TAG") or b"Xing" in head or b"Info" in head


def _diagnose(source: Path | io.BytesIO) -> str:
    """The likeliest reason why a file can't be decoded, from its first bytes."""
    head = _head(source, 1024)
    if head[4:8] == b"ftyp":
        with _content(source) as content:
            indexed = content.find(b"moov") >= 0
        if indexed:
            return "can't be decoded: its sound is in an unknown format; export it as wav or mp3."
        return "is incomplete or damaged: its index is missing; copy or export it again."
    try:
        head.decode()
        text = b"\0" not in head
    except UnicodeDecodeError:
        text = False
    if text:
        return "is text, not sound; choose the recording itself."
    return "can't be decoded: it is damaged or in an unknown format; export it as wav or mp3."
