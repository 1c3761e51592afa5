"""A file of hours costs what its first T seconds cost: counted, not timed."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from cabcnn import audio


def _sparse_wav(path: Path, tone, hours: int) -> None:
    """16-bit, 44.1 kHz, stereo: a tone, then a hole as long as promised."""
    rate, frames = 44_100, hours * 3600 * 44_100
    soundfile.write(path, np.repeat(tone(20, rate)[:, None], 2, 1), rate, "PCM_16")
    data = path.read_bytes()
    header = bytearray(data[:44])
    assert header[36:40] == b"data"
    header[4:8] = (36 + 4 * frames).to_bytes(4, "little")
    header[40:44] = (4 * frames).to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header + data[44:])
        file.truncate(44 + 4 * frames)


def _repeated_mp3(path: Path, tone, hours: int) -> None:
    """Frames of ten seconds over and over, without the first, which tells the length."""
    soundfile.write(path, tone(10, 8_000), 8_000, format="MP3")
    data = path.read_bytes()
    assert b"Xing" in data[:288] or b"Info" in data[:288]
    path.write_bytes(data[288:] * (360 * hours))


def _remuxed_m4a(path: Path, tone, hours: int, write_with_av) -> None:
    """The packets of ten seconds over and over, under one index of them all."""
    short = write_with_av(path.with_suffix(".short.m4a"), tone(10, 8_000), 8_000, "aac")
    with av.open(str(short)) as source, av.open(str(path), "w") as file:
        stream = file.add_stream_from_template(source.streams.audio[0])
        packets = [bytes(packet) for packet in source.demux(audio=0) if packet.size]
        for number in range(360 * hours * len(packets)):
            packet = av.Packet(packets[number % len(packets)])
            packet.stream, packet.pts = stream, number * 1024
            packet.dts, packet.duration, packet.time_base = packet.pts, 1024, Fraction(1, 8_000)
            file.mux(packet)


LINUX = Path("/proc/self/io").exists()  # elsewhere only our own reads and memory are counted


def _count(file: str, name: str) -> int:
    lines = Path("/proc/self", file).read_text().splitlines() if LINUX else [f"{name}: 0"]
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def _bytes_read() -> int:
    return _count("io", "rchar")


def _peak_memory() -> int:
    return 1024 * _count("status", "VmHWM")


def _forget_peak_memory() -> None:
    if LINUX:
        Path("/proc/self/clear_refs").write_text("5")


@pytest.mark.parametrize("name", ["long.wav", "long.mp3", "long.m4a"])
def test_three_hours_cost_what_ten_seconds_cost(tmp_path, tone, write_with_av, monkeypatch, name):
    path = tmp_path / name
    if name.endswith("wav"):
        _sparse_wav(path, tone, 3)
    elif name.endswith("mp3"):
        _repeated_mp3(path, tone, 3)
    else:
        _remuxed_m4a(path, tone, 3, write_with_av)
    frames_read = []
    read = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile,
        "read",
        lambda file, frames=-1, *args, **kwargs: (
            frames_read.append(frames),
            read(file, frames, *args, **kwargs),
        )[1],
    )
    audio.read(path, 1)  # the decoder's library itself
    frames_read.clear()
    _forget_peak_memory()
    memory_before, bytes_before = _peak_memory(), _bytes_read()
    tracemalloc.start()
    try:
        sound = audio.read(path, 10)
        _, ours = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sound.seconds == 10
    assert sound.truncated
    if name.endswith("wav"):
        assert sum(frames_read) <= 13 * sound.rate
        assert min(frames_read) > 0, "never the whole file"
    assert ours < 12 * 4 * sound.rate * 4, "bytes of our own, twelve seconds in three copies"
    if LINUX:
        index = 8 * 2**20 if name.endswith("m4a") else 0  # where each of its packets lies
        assert _bytes_read() - bytes_before < 3 * 2**20 + index
        assert _peak_memory() - memory_before < 24 * 2**20 + 2 * index
