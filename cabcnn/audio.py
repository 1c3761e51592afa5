"""From a sound to the 4,000 values a second that the network reads (paper, Section 4).

`read` decodes the first T seconds of a file; `front_end` standardises them and keeps the maximum
of every 1/4000 s. decoding.py reads the files.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn.decoding import (
    DAMAGED,
    Remark,
    Samples,
    cancellation,
    check_rate,
    decode,
    mix,
)
from cabcnn.errors import AudioError
from cabcnn.model import INTERVAL_SECONDS, VALUES_PER_SECOND

PLAYABLE_RATES = 8_000, 48_000  # that every browser plays
FULL_SCALE = 0.999
MAX_SECONDS = 1_000_000  # of T: eleven days
MAX_CHANNELS = 32  # more columns than that, and more than rows, are samples, as in torchaudio
WIDE_INTEGERS = 16, 24, 32, 64  # bits that integers of more than 16 bits may really use
CLIPPED_SHARE = 1e-3  # share of samples at full scale above which a recording counts as clipped
QUIET = 10 ** (-50 / 20)  # -50 dB of full scale
LOUD_SHARE = 1e-3  # share of samples above that: the click of a stop button is not enough
SHORT_SECONDS = 1.0  # a shorter clip gets a notice, if the model's usual length is unknown
# As a share of the median length that a model was measured on. The accents models are right 65 % of
# the time from the first 5 s and 61 % from up to 30 s of clips of about 19 s, so a quarter will do.
SHORT_SHARE = 1 / 4


class Sound(NamedTuple):
    """A mono sound: `samples` (k,), usually within -1..1, at `rate` samples a second.

    `remarks` say what was left out, merged or guessed to read it.
    """

    samples: Samples
    rate: int
    truncated: bool = False  # the source is longer: these are its first T seconds
    damaged: bool = False  # some of the source could not be decoded
    remarks: tuple[Remark, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def notices(self, median_seconds: float | None = None) -> list[str]:
        """What is wrong with this recording, a sentence each. `median_seconds` is the median
        length of the clips that the model was measured on, None if unknown."""
        notices = []
        if self.truncated:
            used = f"{self.seconds:.4g} seconds were" if self.seconds != 1 else "second was"
            notices.append(f"Only the first {used} used.")
        if self.damaged:
            notices.append(DAMAGED)
        notices += [remark.text for remark in self.remarks if remark.text != DAMAGED]
        if np.mean(np.abs(self.samples) >= FULL_SCALE) > CLIPPED_SHARE:
            notices.append("The recording is clipped: its loudest parts are distorted.")
        if np.mean(np.abs(self.samples - self.samples.mean()) >= QUIET) < LOUD_SHARE:
            notices.append("The recording is almost silent, so this verdict is mostly about noise.")
        if self.is_short(median_seconds):
            notices.append(
                "The clip is shorter than a second, which is little to go by."
                if median_seconds is None
                else f"{_rounded(self.seconds)} is little to go by: this model was measured on "
                f"clips of typically {_rounded(median_seconds)}."
            )
        return notices

    def is_short(self, median_seconds: float | None = None) -> bool:
        """Whether it is much shorter than the clips that a model was measured on."""
        shortest = SHORT_SECONDS if median_seconds is None else SHORT_SHARE * median_seconds
        return self.seconds < shortest


def _rounded(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


Source = str | os.PathLike[str] | BinaryIO | Sound | tuple[Any, int]


def read(source: Source, seconds: float | None = None) -> Sound:
    """The first `seconds` of a file, `(samples, rate)` or a `Sound`, mixed to mono.

    A file is a path, or a binary file object, read from its position and put back there.
    `samples` is (k,) or (k, channels), also (channels, k) if it is plain which is which: an array
    or a torch tensor of floats or integers; integers are scaled by their range. Integers of more
    than 16 bits may hold fewer: see `to_floats`. Channels are averaged; of channels that cancel
    each other out, the loudest is used.

    Raises AudioError for a sound that can't be read, is empty or has samples that are not finite.
    """
    check_seconds(seconds)
    name = source_name(source) or "The recording"
    if isinstance(source, Sound):
        sound = _truncate(source, seconds)
    elif isinstance(source, tuple):
        if len(source) != 2:
            raise AudioError(f"A recording is (samples, rate), not a tuple of {len(source)}.")
        sound = _truncate(_from_array(*source), seconds)
    elif isinstance(source, str | os.PathLike) and not isinstance(os.fspath(source), bytes):
        path = Path(source)
        _check_file(path)
        sound = _decode(path, name, seconds)
    elif hasattr(source, "read"):
        sound = _decode(_content(source), name, seconds)
    else:
        raise AudioError(
            "A sound is a file's name, a binary file object, (samples, rate) or a Sound, not of "
            f"type {type(source).__name__}."
        )
    if not len(sound.samples):
        raise AudioError(f"{name} contains no sound; record or choose another.")
    if not np.isfinite(sound.samples).all():
        raise AudioError(
            f"{name} has samples that are not numbers (NaN or infinite); export it again."
        )
    return sound


def source_name(source: Source) -> str:
    """The name of a file, without its folder; empty if unknown."""
    path = getattr(source, "name", "") if hasattr(source, "read") else source
    if not isinstance(path, str | os.PathLike) or isinstance(path, bytes):
        return ""
    return Path(path).name


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
    """Raises AudioError for a T that is too short, too long or not a number."""
    if seconds is None:
        return
    try:
        shown = f"{float(seconds):g} seconds"
        possible = INTERVAL_SECONDS <= seconds <= MAX_SECONDS
    except (TypeError, ValueError, OverflowError):
        shown, possible = "not a number of seconds", False
    if not possible:
        raise AudioError(
            f"T is {shown}; it must be at least {INTERVAL_SECONDS:g} and at most {MAX_SECONDS:,}."
        )


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
    samples = sound.samples[: round(seconds * sound.rate)]
    remarks = tuple(remark for remark in sound.remarks if remark.time < seconds)
    damaged = any(remark.text == DAMAGED for remark in remarks)
    return Sound(samples, sound.rate, True, damaged, remarks)


def _decode(source: Path | io.BytesIO, name: str, seconds: float | None) -> Sound:
    samples, rate, remarks = decode(source, name, seconds)
    damaged = any(remark.text == DAMAGED for remark in remarks)
    return _truncate(Sound(samples, rate, False, damaged, remarks), seconds)


def _content(file: Any) -> io.BytesIO:
    position = None
    try:
        position = file.tell()
        content = file.read()
        file.seek(position)
    except (OSError, ValueError, AttributeError) as error:
        if position is not None:
            raise AudioError(f"The file object can't be read ({error}); open it again.") from error
        content = file.read()  # a pipe or a network connection
    if not isinstance(content, bytes):
        raise AudioError('The file object is open as text; open it with mode "rb".')
    if not content:
        raise AudioError("The file object has nothing left to read; open it again or rewind it.")
    return io.BytesIO(content)


def _from_array(samples: Any, rate: Any) -> Sound:
    floats, bits, declared = to_floats(samples)
    remarks = []
    if bits < declared:
        remarks.append(
            f"The samples are integers of {declared} bits, but none needs more than {bits}: they "
            f"were taken as {bits}-bit sound."
        )
    if floats.ndim == 2:
        floats, channel = mix(floats.astype(np.float64))
        remarks += [] if channel is None else [cancellation(channel)]
    with np.errstate(over="ignore"):
        floats = np.ascontiguousarray(floats, np.float32)
    return Sound(floats, check_rate(rate), remarks=tuple(Remark(0.0, text) for text in remarks))


def to_floats(samples: Any, bits: int = 0) -> tuple[NDArray, int, int]:
    """Samples as floats (k,) or (k, channels), the bits by which integers were scaled, and the
    bits of their type (both 0 for floats).

    Integers wider than 16 bits often hold 16-bit sound: a list of numbers is an array of 64 bits.
    They are scaled by 16, 24, 32 or 64 bits, by the first range that holds them all, but those of
    32 bits never by 24: that would be loud and quiet recordings of one device differently. At
    least `bits` are assumed. Raises AudioError for anything else than samples.
    """
    if isinstance(samples, torch.Tensor):
        samples = samples.detach().cpu()
        samples = (samples.float() if samples.dtype == torch.bfloat16 else samples).numpy()
    try:
        samples = np.asarray(samples)
    except (TypeError, ValueError) as error:
        raise AudioError(f"The samples are no array ({error}).") from error
    if samples.ndim not in (1, 2):
        hint = "; a recording is (samples, rate), in this order" if not samples.ndim else ""
        raise AudioError(
            f"Samples must have the shape (k,) or (k, channels), not {samples.shape}{hint}."
        )
    if samples.dtype.kind not in "iuf":
        raise AudioError(f"Samples must be integers or floats, not {samples.dtype}.")
    if samples.ndim == 2 and samples.shape[1] > max(MAX_CHANNELS, samples.shape[0]):
        samples = samples.T
    if samples.ndim == 2 and not samples.shape[1]:
        raise AudioError("The samples have no channels.")
    if samples.dtype.kind == "f":
        return samples, 0, 0
    declared = 8 * samples.dtype.itemsize
    unsigned = samples.dtype.kind == "u"
    used = declared
    if declared > 16 and samples.size:
        low, high = int(samples.min()), int(samples.max())
        used = next(
            width
            for width in (WIDE_INTEGERS if declared > 32 else (16, 32))
            if width >= bits
            and (
                high < 2**width
                if unsigned
                else -(2 ** (width - 1)) <= low and high < 2 ** (width - 1)
            )
        )
    half = 2.0 ** (used - 1)
    return (samples.astype(np.float64) - (half if unsigned else 0.0)) / half, used, declared


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
