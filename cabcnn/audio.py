"""From a sound to the 4,000 values a second that the network reads (paper, Section 4).

`read` decodes the first T seconds of a file; `front_end` standardises them and keeps the maximum
of every 1/4000 s. soundfile decodes wav, flac, ogg, opus, mp3 and aiff; PyAV everything else
(m4a, webm, mp4, mov, 3gp, amr, wma).
"""

from __future__ import annotations

import io
import math
import os
import stat
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.errors import AudioError
from cabcnn.model import INTERVAL_SECONDS, VALUES_PER_SECOND

Samples = NDArray[np.float32]
BLOCK_SECONDS = 2.0  # decoded at a time, so that a file of hours costs no more than its first T
MIN_RATE, MAX_RATE = 1_000, 768_000
PLAYABLE_RATES = 8_000, 48_000  # that every browser plays
FULL_SCALE = 0.999
# The containers that PyAV may open. Its FFmpeg also reads playlists, which name other files and
# addresses: an uploaded playlist would make a server read those.
CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,"
    "ogg,rm,tta,w64,wav,wv"
)
CLIPPED_SHARE = 1e-3  # share of samples at full scale above which a recording counts as clipped
QUIET = 10 ** (-50 / 20)  # -50 dB of full scale
LOUD_SHARE = 1e-3  # share of samples above that: the click of a stop button is not enough
SHORT_SECONDS = 1.0  # a shorter clip gets a notice, if the model's usual length is unknown
# As a share of the median length that a model was measured on. The accents models are right 61 % of
# the time from the first 5 s and 62 % from up to 30 s of clips of about 19 s, so a quarter will do.
SHORT_SHARE = 1 / 4


class Sound(NamedTuple):
    """A mono sound: `samples` (k,), usually within -1..1, at `rate` samples a second."""

    samples: Samples
    rate: int
    truncated: bool = False  # the source is longer: these are its first T seconds
    damaged: bool = False  # the source could not be decoded to its end

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def notices(self, median_seconds: float | None = None) -> list[str]:
        """What is wrong with this recording, a sentence each. `median_seconds` is the median
        length of the clips that the model was measured on, None if unknown."""
        notices = []
        if self.truncated:
            notices.append(f"Only the first {self.seconds:.4g} seconds were used.")
        if self.damaged:
            notices.append("The file is damaged: only what comes before the damage was used.")
        if np.mean(np.abs(self.samples) >= FULL_SCALE) > CLIPPED_SHARE:
            notices.append("The recording is clipped: its loudest parts are distorted.")
        if np.mean(np.abs(self.samples - self.samples.mean()) >= QUIET) < LOUD_SHARE:
            notices.append("The recording is almost silent, so this verdict is mostly about noise.")
        if median_seconds is None:
            if self.seconds < SHORT_SECONDS:
                notices.append("The clip is shorter than a second, which is little to go by.")
        elif self.seconds < SHORT_SHARE * median_seconds:
            notices.append(
                f"{_rounded(self.seconds)} is little to go by: this model was measured on clips "
                f"of typically {_rounded(median_seconds)}."
            )
        return notices


def _rounded(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


Source = str | os.PathLike[str] | Sound | tuple[NDArray[Any], int]


def read(source: Source, seconds: float | None = None) -> Sound:
    """The first `seconds` of a file, `(samples, rate)` or a `Sound`, mixed to mono.

    `samples` is (k,) or (k, channels), floats or integers; integers are scaled by their range.
    Channels are averaged.

    Raises AudioError for a sound that can't be read, is empty or has samples that are not finite.
    """
    check_seconds(seconds)
    if isinstance(source, Sound):
        sound = _truncate(source, seconds)
        name = "The recording"
    elif isinstance(source, tuple):
        sound = _truncate(_from_array(*source), seconds)
        name = "The recording"
    else:
        path = Path(source)
        _check_file(path)
        sound = _decode(path, seconds)
        name = path.name
    if not len(sound.samples):
        raise AudioError(f"{name} contains no sound; record or choose another.")
    if not np.isfinite(sound.samples).all():
        raise AudioError(
            f"{name} has samples that are not numbers (NaN or infinite); export it again."
        )
    return sound


def playable(sound: Sound, max_rate: int = PLAYABLE_RATES[1]) -> Sound:
    """A sound at a rate that browsers play, its own if possible and at most `max_rate`."""
    rate = min(max(sound.rate, PLAYABLE_RATES[0]), max_rate)
    return sound._replace(samples=resample(sound.samples, sound.rate, rate), rate=rate)


def to_wav(sound: Sound) -> bytes:
    """A sound as a 16-bit WAV file."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, sound.samples, sound.rate, "PCM_16", format="WAV")
    return file.getvalue()


def check_seconds(seconds: float | None) -> None:
    """Raises AudioError for a T that is too short or not a finite number."""
    if seconds is not None and not INTERVAL_SECONDS <= seconds < math.inf:
        raise AudioError(f"T is {seconds:g} seconds; it must be at least {INTERVAL_SECONDS:g}.")


def front_end(sound: Sound, rate: int, seconds: float | None = None) -> Samples:
    """Standardised maxima (L,), 4,000 a second, of a sound that `read` has truncated to `seconds`.

    Resampled to `rate` (the checkpoint's, at least 4,000), minus its mean and over its standard
    deviation, then the maximum of each sub-interval (Section 4, preprocessing). The maximum
    commutes with standardising, so it goes first, over fewer values. `seconds` drops the sample
    by which resampling may overshoot T.

    Raises AudioError if the sound is silent (all samples equal) or shorter than one interval.
    """
    samples, mean, std = prepare(sound, rate, seconds)
    return ((maxima(samples, rate) - mean) / std).astype(np.float32)


def prepare(sound: Sound, rate: int, seconds: float | None = None) -> tuple[Samples, float, float]:
    """The samples (k,) to classify, at `rate`, with their mean and standard deviation.

    Raises AudioError as `front_end` does.
    """
    if len(sound.samples) < round(INTERVAL_SECONDS * sound.rate):
        raise AudioError(
            f"The clip lasts {sound.seconds * 1000:.3g} ms, less than one interval of 25 ms; "
            "record or choose a longer one."
        )
    samples = sound.samples
    silent = samples.min() == samples.max()  # before resampling, whose filter rings at the ends
    samples = resample(samples, sound.rate, rate)
    if seconds is not None:
        samples = samples[: round(seconds * rate)]
    mean, std = samples.mean(dtype=np.float64), samples.std(dtype=np.float64)
    if silent or std == 0:
        raise AudioError(
            "The clip is silent: all its samples are equal; check the microphone or the file."
        )
    if not np.isfinite(std):
        raise AudioError("The clip's samples are too large to be a sound; export it again.")
    return samples, float(mean), float(std)


def resample(samples: Samples, rate: int, target_rate: int) -> Samples:
    """Samples (k,) at `rate` -> about k * target_rate / rate samples at `target_rate`."""
    if rate == target_rate:
        return samples
    import soxr

    return soxr.resample(samples, rate, target_rate)


def maxima(samples: Samples, rate: int) -> Samples:
    """The maximum of each sub-interval of 1/4000 s: (k,) -> (ceil(k * 4000 / rate),).

    Sub-interval j covers samples floor(j * rate / 4000) up to floor((j + 1) * rate / 4000);
    the last may be incomplete. `rate` is at least 4,000.
    """
    count = -(-len(samples) * VALUES_PER_SECOND // rate)
    width, rest = divmod(rate, VALUES_PER_SECOND)
    if rest:
        starts = np.arange(count) * rate // VALUES_PER_SECOND
        return np.maximum.reduceat(samples, starts[starts < len(samples)])
    complete = len(samples) // width * width
    result = samples[0:complete:width]
    for i in range(1, width):
        result = np.maximum(result, samples[i:complete:width])
    if complete < len(samples):
        result = np.append(result, samples[complete:].max())
    return result


def _truncate(sound: Sound, seconds: float | None) -> Sound:
    if seconds is None or len(sound.samples) <= round(seconds * sound.rate):
        return sound
    # Decoding stops at the damage, so what was decoded before T is intact.
    samples = sound.samples[: round(seconds * sound.rate)]
    return sound._replace(samples=samples, truncated=True, damaged=False)


def _from_array(samples: NDArray, rate: int) -> Sound:
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2):
        raise AudioError(f"Samples must have the shape (k,) or (k, channels), not {samples.shape}.")
    if samples.dtype.kind in "iu":
        half = 2.0 ** (8 * samples.dtype.itemsize - 1)
        centre = half if samples.dtype.kind == "u" else 0.0
        floats = (samples.astype(np.float64) - centre) / half
    elif samples.dtype.kind == "f":
        floats = samples
    else:
        raise AudioError(f"Samples must be integers or floats, not {samples.dtype}.")
    if floats.ndim == 2:
        if not floats.shape[1]:
            raise AudioError("The samples have no channels.")
        floats = _mono(floats.astype(np.float64))
    with np.errstate(over="ignore"):
        return Sound(np.ascontiguousarray(floats, np.float32), check_rate(rate))


def _mono(samples: NDArray) -> NDArray:
    """The mean of the channels, (k, channels) -> (k,); np.mean takes thirty times as long."""
    channels = samples.shape[1]
    return samples @ np.full(channels, 1 / channels, samples.dtype)


def check_rate(rate: int) -> int:
    """The sample rate in Hz. Raises AudioError for one that no recording has."""
    if not MIN_RATE <= rate <= MAX_RATE or int(rate) != rate:
        raise AudioError(
            f"A sample rate of {rate} Hz is not possible; it must be a whole number from "
            f"{MIN_RATE:,} to {MAX_RATE:,}."
        )
    return int(rate)


def _check_file(path: Path) -> None:
    try:
        os.fspath(path).encode()
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{path.name} is a folder; choose a sound file inside it.")
        if not stat.S_ISREG(mode):  # a pipe or a device: it might never end
            raise AudioError(f"{path.name} is not a file; save its sound to one first.")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise AudioError(f"There is no file {path}.") from None
    except ValueError:
        raise AudioError(f"{path!r} can't be used as a file name; rename the file.") from None
    except OSError as error:
        raise AudioError(
            f"{path.name} can't be opened ({error.strerror}); check its permissions."
        ) from error
    if empty:
        raise AudioError(f"{path.name} is empty (0 bytes); record or export it again.")


def _decode(path: Path, seconds: float | None) -> Sound:
    import soundfile

    if path.suffix.lower() == ".raw":  # soundfile goes by this ending, whatever the content
        return _decode_with_av(path, seconds)
    try:
        with soundfile.SoundFile(path) as file:
            rate = check_rate(file.samplerate)
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
                what = "a video or picture" if container.streams.video else "a file"
                raise AudioError(f"{path.name} is {what} without sound; choose one with sound.")
            stream = container.streams.audio[0]
            frames = container.decode(stream)
            first = next(frames, None)
            if first is None:
                return Sound(np.zeros(0, np.float32), MIN_RATE)
            rate = check_rate(first.sample_rate)
            return _collect(
                _av_blocks(first, frames, av.AudioResampler(format="fltp")), rate, seconds
            )
    except av.error.FFmpegError as error:
        raise AudioError(f"{path.name} {_diagnose(path)}") from error


def _diagnose(path: Path) -> str:
    """The likeliest reason why a file can't be decoded, from its first bytes."""
    with path.open("rb") as file:
        head = file.read(1024)
    if head[4:8] == b"ftyp":
        return "is incomplete or damaged: its index is missing; copy or export it again."
    try:
        head.decode()
        text = b"\0" not in head
    except UnicodeDecodeError:
        text = False
    if text:
        return "is text, not sound; choose the recording itself."
    return "can't be decoded: it is damaged or in an unknown format; export it as wav or mp3."


def _av_blocks(first, frames, to_planar_floats) -> Iterator[NDArray]:
    import av.error

    try:
        for frame in chain([first], frames):
            for part in to_planar_floats.resample(frame):
                yield part.to_ndarray().T
    except av.error.FFmpegError as error:
        raise _DamagedError from error


class _DamagedError(Exception):
    """Decoding failed after some sound had been decoded."""


def _collect(blocks: Iterable[NDArray], rate: int, seconds: float | None) -> Sound:
    """Mixes blocks (k, channels) to mono, up to at least one sample more than T seconds."""
    limit = math.inf if seconds is None else round(seconds * rate) + 1
    mono: list[Samples] = []
    count, damaged = 0, False
    try:
        for block in blocks:
            mono.append(_mono(block))
            count += len(block)
            if count >= limit:
                break
    except _DamagedError:
        damaged = True
    samples = np.concatenate(mono) if mono else np.zeros(0, np.float32)
    return _truncate(Sound(samples, rate, damaged=damaged), seconds)
