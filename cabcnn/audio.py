"""From a sound to the 4,000 values a second that the network reads (paper, Section 4).

`read` decodes no more than the first T seconds of whatever file a person has; `front_end`
standardises them and keeps the maximum of every 1/4000 s. soundfile decodes wav, flac, ogg,
opus, mp3 and aiff; PyAV everything else (m4a, webm, mp4, mov, 3gp, amr, wma).
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.errors import AudioError
from cabcnn.model import INTERVAL_SECONDS, VALUES_PER_SECOND

Samples = NDArray[np.float32]
BLOCK_SECONDS = 2.0  # decoded at a time: a file of hours costs no more than its first T
LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000
PLAYABLE_RATES = 8_000, 48_000  # what every browser plays
FULL_SCALE = 0.999
# What PyAV may open. Its FFmpeg also reads playlists, which name other files and addresses: an
# uploaded one would make a server read those.
CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,"
    "ogg,rm,tta,w64,wav,wv"
)
CLIPPED_SHARE = 1e-3  # of the samples at full scale, above which a listener should be told
QUIET = 10 ** (-50 / 20)  # -50 dB of full scale
LOUD_SHARE = (
    1e-3  # of the samples above that: a click of the button that stops does not make it loud
)
SHORT = 1.0  # seconds that are little to judge by, where nothing is known of the model
# Of the usual length a model was measured on. The accents models are right 61 % of the time by the
# first 5 s and 62 % by up to 30 s of clips of mostly 19 s: a quarter still does.
SHORT_SHARE = 1 / 4


class Sound(NamedTuple):
    """A mono sound: `samples` (k,), usually within -1..1, at `rate` samples a second."""

    samples: Samples
    rate: int
    cut: bool = False  # the source went on, only its first T seconds are here
    broken: bool = False  # the source ended in the middle of its data

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def notices(self, usual: float | None = None) -> list[str]:
        """What a person should know of this recording beside any verdict on it. `usual` is how
        many seconds a model has mostly heard of a clip, None where nobody knows."""
        said = []
        if self.cut:
            said.append(f"Only the first {self.seconds:.4g} seconds were used.")
        if self.broken:
            said.append("The file is damaged: only what comes before the damage was used.")
        if np.mean(np.abs(self.samples) >= FULL_SCALE) > CLIPPED_SHARE:
            said.append("The recording is clipped: its loudest moments are cut off.")
        if np.mean(np.abs(self.samples - self.samples.mean()) >= QUIET) < LOUD_SHARE:
            said.append("The recording is almost silent, so this verdict is mostly about noise.")
        if usual is None:
            if self.seconds < SHORT:
                said.append("The clip lasts less than a second, which is little to judge by.")
        elif self.seconds < SHORT_SHARE * usual:
            said.append(
                f"{_rough(self.seconds)} is little to judge by: this model's score is of clips "
                f"that mostly last {_rough(usual)}."
            )
        return said


def _rough(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


Source = str | os.PathLike[str] | Sound | tuple[NDArray, int]


def read(source: Source, seconds: float | None = None) -> Sound:
    """Reads a file, or takes `(samples, rate)`, as mono; at most the first `seconds`.

    `samples` is (k,) or (k, channels), of floats or of integers, which are scaled by their
    range. Channels are averaged.

    Raises AudioError for what can't be read or holds no finite sample.
    """
    check_seconds(seconds)
    if isinstance(source, Sound):
        sound = _first(source, seconds)
        name = "The recording"
    elif isinstance(source, tuple):
        sound = _first(_from_array(*source), seconds)
        name = "The recording"
    else:
        path = Path(source)
        _check_file(path)
        sound = _decode(path, seconds)
        name = path.name
    if not len(sound.samples):
        raise AudioError(f"{name} holds no sound at all; record or choose another.")
    if not np.isfinite(sound.samples).all():
        raise AudioError(
            f"{name} holds samples that are not numbers (NaN or infinite); export it again."
        )
    return sound


def playable(sound: Sound) -> Sound:
    """A sound at its own rate where browsers play that, else at the nearest that they do."""
    low, high = PLAYABLE_RATES
    rate = min(max(sound.rate, low), high)
    return sound._replace(samples=resample(sound.samples, sound.rate, rate), rate=rate)


def check_seconds(seconds: float | None) -> None:
    """Raises AudioError for a T that no clip can be cut at."""
    if seconds is not None and not INTERVAL_SECONDS <= seconds < math.inf:
        raise AudioError(f"T is {seconds:g} seconds; it must be at least {INTERVAL_SECONDS:g}.")


def front_end(sound: Sound, rate: int, seconds: float | None = None) -> Samples:
    """Standardised maxima (L,), 4,000 a second, of a sound that `read` has cut at `seconds`.

    Resampled to `rate` (the checkpoint's, at least 4,000), minus its mean and over its standard
    deviation, then the maximum of each sub-interval (Section 4, preprocessing). The maximum
    commutes with standardising, so it goes first, over fewer values. `seconds` drops the sample
    by which resampling may overshoot T.

    Raises AudioError where nothing varies (silence) or less than one interval remains.
    """
    samples, mean, deviation = analysed(sound, rate, seconds)
    return ((maxima(samples, rate) - mean) / deviation).astype(np.float32)


def analysed(sound: Sound, rate: int, seconds: float | None = None) -> tuple[Samples, float, float]:
    """The samples (k,) at `rate` that a clip is judged by, their mean and their deviation.

    Raises AudioError as `front_end` does.
    """
    if len(sound.samples) < round(INTERVAL_SECONDS * sound.rate):
        raise AudioError(
            f"The clip lasts {sound.seconds * 1000:.3g} ms and one interval of 25 ms is the least "
            "to judge by; record or choose a longer one."
        )
    samples = sound.samples
    silent = samples.min() == samples.max()  # asked here: resampling makes a constant ring
    samples = resample(samples, sound.rate, rate)
    if seconds is not None:
        samples = samples[: round(seconds * rate)]
    mean, deviation = samples.mean(dtype=np.float64), samples.std(dtype=np.float64)
    if silent or deviation == 0:
        raise AudioError(
            "The clip is silent: nothing in it varies; check the microphone or the file."
        )
    if not np.isfinite(deviation):
        raise AudioError("The clip's samples are too large for those of a sound; export it again.")
    return samples, float(mean), float(deviation)


def resample(samples: Samples, rate: int, to: int) -> Samples:
    """Samples (k,) at `rate` -> (about k * to / rate,) at `to`."""
    if rate == to:
        return samples
    import soxr

    return soxr.resample(samples, rate, to)


def maxima(samples: Samples, rate: int) -> Samples:
    """The largest sample of each 1/4000 s: (k,) -> (ceil(k * 4000 / rate),).

    Sub-interval j covers samples floor(j * rate / 4000) up to floor((j + 1) * rate / 4000);
    the last may be incomplete. `rate` is at least 4,000.
    """
    count = -(-len(samples) * VALUES_PER_SECOND // rate)
    width, rest = divmod(rate, VALUES_PER_SECOND)
    if rest:
        starts = np.arange(count) * rate // VALUES_PER_SECOND
        return np.maximum.reduceat(samples, starts[starts < len(samples)])
    whole = len(samples) // width * width
    highest = samples[0:whole:width]
    for i in range(1, width):
        highest = np.maximum(highest, samples[i:whole:width])
    if whole < len(samples):
        highest = np.append(highest, samples[whole:].max())
    return highest


def _first(sound: Sound, seconds: float | None) -> Sound:
    if seconds is None or len(sound.samples) <= round(seconds * sound.rate):
        return sound
    # what comes before T is whole, wherever the damage lies
    first = sound.samples[: round(seconds * sound.rate)]
    return sound._replace(samples=first, cut=True, broken=False)


def _from_array(samples: NDArray, rate: int) -> Sound:
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2):
        raise AudioError(f"Samples have the shape (k,) or (k, channels), not {samples.shape}.")
    if samples.dtype.kind in "iu":
        half = 2.0 ** (8 * samples.dtype.itemsize - 1)
        centre = half if samples.dtype.kind == "u" else 0.0
        floats = (samples.astype(np.float64) - centre) / half
    elif samples.dtype.kind == "f":
        floats = samples
    else:
        raise AudioError(f"Samples are integers or floats, not {samples.dtype}.")
    if floats.ndim == 2:
        if not floats.shape[1]:
            raise AudioError("The samples have no channel.")
        floats = _mono(floats.astype(np.float64))
    with np.errstate(over="ignore"):
        return Sound(np.ascontiguousarray(floats, np.float32), checked_rate(rate))


def _mono(samples: NDArray) -> NDArray:
    """The mean of the channels, (k, channels) -> (k,): numpy's own takes thirty times as long."""
    channels = samples.shape[1]
    return samples @ np.full(channels, 1 / channels, samples.dtype)


def checked_rate(rate: int) -> int:
    if not LOWEST_RATE <= rate <= HIGHEST_RATE or int(rate) != rate:
        raise AudioError(
            f"A sample rate of {rate} Hz is not one of a recording; it should be a whole number "
            f"from {LOWEST_RATE:,} to {HIGHEST_RATE:,}."
        )
    return int(rate)


def _check_file(path: Path) -> None:
    try:
        os.fspath(path).encode()
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise AudioError(f"{path.name} is a folder; choose a sound file inside it.")
        if not stat.S_ISREG(kind):  # a pipe or a device: it might never end
            raise AudioError(f"{path.name} is not a file; save its sound to one first.")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise AudioError(f"There is no file {path}.") from None
    except ValueError:
        raise AudioError(f"{path!r} is no usable file name; rename the file.") from None
    except OSError as error:
        raise AudioError(
            f"{path.name} can't be opened ({error.strerror}); check who may read it."
        ) from error
    if empty:
        raise AudioError(f"{path.name} is empty (0 bytes); record or export it again.")


def _decode(path: Path, seconds: float | None) -> Sound:
    import soundfile

    if path.suffix.lower() == ".raw":  # soundfile believes this ending, whatever is inside
        return _decode_with_av(path, seconds)
    try:
        with soundfile.SoundFile(path) as file:
            rate = checked_rate(file.samplerate)
            return _collect(_soundfile_blocks(file), rate, seconds)
    except soundfile.LibsndfileError:
        return _decode_with_av(path, seconds)


def _soundfile_blocks(file) -> Iterator[NDArray]:
    frames = max(round(BLOCK_SECONDS * file.samplerate), 1)
    while len(block := file.read(frames, dtype="float32", always_2d=True)):
        yield block


def _decode_with_av(path: Path, seconds: float | None) -> Sound:
    import av.error

    try:
        with av.open(
            str(path), options={"format_whitelist": CONTAINERS}, metadata_errors="ignore"
        ) as container:
            if not container.streams.audio:
                what = "a video or picture without sound" if container.streams.video else "mute"
                raise AudioError(f"{path.name} is {what}; choose one that holds sound.")
            stream = container.streams.audio[0]
            frames = container.decode(stream)
            first = next(frames, None)
            if first is None:
                return Sound(np.zeros(0, np.float32), LOWEST_RATE)
            rate = checked_rate(first.sample_rate)
            return _collect(
                _av_blocks(first, frames, av.AudioResampler(format="fltp")), rate, seconds
            )
    except av.error.FFmpegError as error:
        raise AudioError(f"{path.name} {_what_is_wrong(path)}") from error


def _what_is_wrong(path: Path) -> str:
    """The likeliest reason why nobody can decode a file, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(1024)
    if head[4:8] == b"ftyp":
        return "is cut off or damaged: its index is missing; copy or export it again."
    try:
        head.decode()
        text = b"\0" not in head
    except UnicodeDecodeError:
        text = False
    if text:
        return "holds text, not sound; choose the recording itself."
    return "can't be read as sound: it is damaged or of an unknown kind; export it as wav or mp3."


def _av_blocks(first, frames, to_planar_floats) -> Iterator[NDArray]:
    import av.error

    try:
        for frame in chain([first], frames):
            for part in to_planar_floats.resample(frame):
                yield part.to_ndarray().T
    except av.error.FFmpegError as error:
        raise _BrokenError from error


class _BrokenError(Exception):
    """A decoder met damage after it had given some sound."""


def _collect(blocks: Iterable[NDArray], rate: int, seconds: float | None) -> Sound:
    """Mixes blocks (k, channels) to mono until one sample more than T seconds is there."""
    wanted = math.inf if seconds is None else round(seconds * rate) + 1
    kept: list[Samples] = []
    got, broken = 0, False
    try:
        for block in blocks:
            kept.append(_mono(block))
            got += len(block)
            if got >= wanted:
                break
    except _BrokenError:
        broken = True
    samples = np.concatenate(kept) if kept else np.zeros(0, np.float32)
    return _first(Sound(samples, rate, broken=broken), seconds)
