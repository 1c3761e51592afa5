"""Recording conditions: the same speech as another microphone, room or line would deliver it.

A model that has heard one way of recording only answers to that as much as to the speaker. Each
function takes mono samples (k,) and gives as many back, except pauses, which make a sound longer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from cabcnn.audio import Samples, resample
from cabcnn.errors import CabcnnError
from cabcnn.model import INTERVAL_SECONDS
from cabcnn.shipped.pretraining.speaker_augmentation import response

Random = np.random.Generator
Condition = Callable[..., Samples]  # (samples, rate=, random=)
PAUSE_SECONDS = 0.1, 2.0  # lengths of pauses, evenly spread on a logarithmic scale
QUIETEST = 0.3  # share of the intervals, the quietest, in front of which pauses are put
NOISE_BELOW = 22.0, 50.0  # dB that the noise of a quiet room is below the voice
STEEPEST = 2.0  # slope of coloured noise: its power falls with the frequency to that power
LOWEST_HZ = 50.0  # below which coloured noise gets no louder
REVERBERATION_SECONDS = 0.12, 0.5  # of small rooms: until an echo has fallen by 60 dB
DIRECT = -3.0, 12.0  # dB that the voice itself is above its echoes
TELEPHONE_HZ = 300.0, 3400.0
CLIPPED = 1e-4, 1e-2  # share of the samples that is cut off, evenly spread on a logarithmic scale
LEVELS = -30.0, 0.0  # dB, of the loudest sample
OPUS, AMR = "libopus", "libopencore_amrnb"
DECODERS = {OPUS: "opus", AMR: "amrnb"}
BITRATES = {OPUS: (6_000, 8_000, 12_000, 16_000, 24_000), AMR: (4_750, 5_900, 7_950, 12_200)}
FRAME = 160  # samples: 20 ms at 8 kHz, the only rate that AMR knows


def disturbed(samples: Samples, rate: int, random: Random) -> Samples:
    """A random combination of conditions, as many samples: room, noise, microphone, level, line."""
    if random.uniform() < 0.3:
        samples = in_room(samples, rate, random)
    if random.uniform() < 0.8:
        quiet, loud = (8.0, NOISE_BELOW[0]) if random.uniform() < 0.3 else NOISE_BELOW
        samples = with_noise(samples, rate, random, random.uniform(quiet, loud))
    if random.uniform() < 0.7:
        samples = through_microphone(samples, rate, random)
    if random.uniform() < 0.1:
        samples = clipped(samples, random)
    samples = at_level(samples, random.uniform(*LEVELS))
    if random.uniform() < 0.2:
        samples = telephone_band(samples, rate)
    if random.uniform() < 0.25:
        codec = (OPUS, AMR)[int(random.integers(2))]
        samples = coded(samples, rate, codec, int(random.choice(BITRATES[codec])))
    return samples


def with_pauses(samples: Samples, rate: int, random: Random, share: float) -> Samples:
    """The sound with digital silence put in front of quiet intervals; it makes up `share` of the
    result.

    Pauses begin and end with intervals, so that each interval of the result is one of the sound's
    own or digital silence.
    """
    hop = round(INTERVAL_SECONDS * rate)
    count = len(samples) // hop
    missing = round(count * share / (1 - share))
    if count < 2 or not missing:
        return samples
    intervals = samples[: count * hop].reshape(count, hop)
    quiet = np.argsort(np.square(intervals).sum(1))[: max(round(QUIETEST * count), 1)]
    pauses = np.zeros(count, np.int64)
    while missing > 0:
        seconds = np.exp(random.uniform(*np.log(PAUSE_SECONDS)))
        length = min(max(round(seconds / INTERVAL_SECONDS), 1), missing)
        pauses[random.choice(quiet)] += length
        missing -= length
    longer = np.zeros((count + pauses.sum(), hop), np.float32)
    longer[np.arange(count) + np.cumsum(pauses)] = intervals
    return np.concatenate([longer.reshape(-1), samples[count * hop :]])


def paused(samples: Samples, rate: int, random: Random, share: float) -> Samples:
    """The sound with pauses, and the noise of a quiet room in them and under the voice."""
    return with_noise(
        with_pauses(samples, rate, random, share),
        rate,
        random,
        random.uniform(*NOISE_BELOW),
        _rms(samples),
    )


def with_noise(
    samples: Samples, rate: int, random: Random, below: float, voice: float | None = None
) -> Samples:
    """Noise of a random colour, between white and brown, `below` dB under the RMS of the sound,
    or under that of the `voice` in it."""
    size = _fast_size(len(samples))
    frequency = np.maximum(fft.rfftfreq(size, 1 / rate), LOWEST_HZ)
    slope = random.uniform(0, STEEPEST)
    white = random.standard_normal(len(frequency), np.float32) * np.exp(
        2j * np.pi * random.uniform(size=len(frequency)).astype(np.float32)
    )
    noise = np.asarray(fft.irfft(white * frequency ** (-slope / 2), size))[: len(samples)]
    factor = (voice or _rms(samples)) / _rms(noise) * 10 ** (-below / 20)
    return (samples + factor * noise).astype(np.float32)


def through_microphone(samples: Samples, rate: int, random: Random) -> Samples:
    """A random equaliser, and the edges of a microphone's range."""
    size = _fast_size(len(samples))
    frequency = fft.rfftfreq(size, 1 / rate)
    low, high = np.exp(random.uniform(np.log([20, 0.32 * rate]), np.log([250, 0.5 * rate])))
    edges = (
        1
        / np.sqrt(1 + (low / np.maximum(frequency, 1)) ** 4)
        / np.sqrt(1 + (frequency / high) ** 12)
    )
    return _filtered(samples, size, edges * response(len(frequency), random))


def telephone_band(samples: Samples, rate: int) -> Samples:
    """The band of an analogue telephone line, 300 to 3,400 Hz."""
    size = _fast_size(len(samples))
    frequency = np.maximum(fft.rfftfreq(size, 1 / rate), 1)
    low, high = TELEPHONE_HZ
    edges = 1 / np.sqrt(1 + (low / frequency) ** 8) / np.sqrt(1 + (frequency / high) ** 24)
    return _filtered(samples, size, edges)


def in_room(samples: Samples, rate: int, random: Random) -> Samples:
    """A small room: echoes that die away exponentially, behind the voice itself."""
    seconds = random.uniform(*REVERBERATION_SECONDS)
    at = np.arange(round(seconds * rate)) / rate
    echoes = random.standard_normal(len(at)) * 10 ** (-3 * at / seconds)
    echoes[: round(0.002 * rate)] = 0  # no wall is nearer than some 35 cm
    echoes *= 10 ** (-random.uniform(*DIRECT) / 20) / np.sqrt(np.square(echoes).sum())
    echoes[0] = 1
    size = _fast_size(len(samples) + len(echoes))
    return _filtered(samples, size, np.asarray(fft.rfft(echoes, size)))


def clipped(samples: Samples, random: Random) -> Samples:
    """The loudest samples cut off."""
    share = np.exp(random.uniform(*np.log(CLIPPED)))
    edge = np.quantile(np.abs(samples), 1 - share)
    return np.clip(samples, -edge, edge)


def at_level(samples: Samples, decibels: float) -> Samples:
    """The loudest sample at a level below full scale, in steps of 16 bits."""
    factor = 10 ** (decibels / 20) / max(float(np.abs(samples).max()), 1e-9)
    return (np.round(samples * factor * 32767) / 32768).astype(np.float32)


def coded(samples: Samples, rate: int, codec: str, bitrate: int) -> Samples:
    """The sound as a telephone codec, OPUS or AMR, delivers it.

    Raises CabcnnError if this installation's FFmpeg lacks the codec.
    """
    import av
    from av.error import FFmpegError

    try:
        encoder: Any = av.CodecContext.create(codec, "w")
        decoder: Any = av.CodecContext.create(DECODERS[codec], "r")
        for context in (encoder, decoder):
            context.sample_rate, context.layout = rate, "mono"
        encoder.format, encoder.bit_rate = "s16", bitrate
        encoder.open()
    except (FFmpegError, ValueError) as error:
        raise CabcnnError(f"PyAV can't encode {codec} at {rate} Hz ({error}).") from error
    whole = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    whole = np.pad(whole, (0, 2 * FRAME - len(whole) % FRAME))  # what comes late is heard too
    packets = []
    for start in range(0, len(whole), FRAME):
        frame = av.AudioFrame.from_ndarray(
            whole[None, start : start + FRAME], format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = rate, start
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    frames = [frame for packet in (*packets, None) for frame in decoder.decode(packet)]
    decoded = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    decoded = resample(decoded.astype(np.float32), frames[0].sample_rate, rate)
    late = _delay(samples, decoded, rate)
    return np.pad(decoded, (0, len(samples)))[late : late + len(samples)]


def _delay(samples: Samples, decoded: Samples, rate: int) -> int:
    """By how many samples a decoded sound comes late: where it fits best, up to 30 ms."""
    most = round(0.03 * rate)
    size = _fast_size(len(samples) + len(decoded))
    product = np.asarray(fft.rfft(decoded, size)) * np.conj(np.asarray(fft.rfft(samples, size)))
    return int(np.asarray(fft.irfft(product, size))[: most + 1].argmax())


def _fast_size(length: int) -> int:
    return fft.next_fast_len(length, real=True) or length


def _filtered(samples: Samples, size: int, factors: NDArray[np.inexact]) -> Samples:
    """Samples (k,) with their spectrum of `size` multiplied by `factors`."""
    spectrum = np.asarray(fft.rfft(samples, size)) * factors
    return np.asarray(fft.irfft(spectrum, size))[: len(samples)].astype(np.float32)


def _rms(samples: NDArray[np.floating]) -> float:
    return max(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))), 1e-9)


# What the answers of a model are compared under.
MEASURED: dict[str, Condition] = {
    "pauses of a fifth": partial(paused, share=0.2),
    "pauses of half": partial(paused, share=0.5),
    "noise at 20 dB": partial(with_noise, below=20.0),
    "noise at 10 dB": partial(with_noise, below=10.0),
    "telephone band": lambda samples, rate, random: telephone_band(samples, rate),
    "Opus at 12 kbit/s": lambda samples, rate, random: coded(samples, rate, OPUS, 12_000),
    "a small room": in_room,
    "12 dB softer": lambda samples, rate, random: at_level(samples, -12.0),
}
