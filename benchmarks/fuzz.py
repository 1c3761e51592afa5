"""Damages sounds, zips, lists and the arguments of the endpoints for programs, for as long as one
likes, and looks whether each is refused in a sentence or used: nothing else may happen.

    python benchmarks/fuzz.py --seconds 600 --seed 1 --only sounds

Each trial has a seed of its own, which is printed if it fails: `--seed N --trials 1` repeats it.
The tests run some hundred trials of each kind with fixed seeds (tests/unit/test_fuzz.py), and
tests/unit/test_damaged_models.py does the same for cards, weights, plans and statuses.
"""

from __future__ import annotations

import argparse
import io
import random
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from cabcnn import audio, corpora
from cabcnn.corpora import archive
from cabcnn.errors import CabcnnError

RATE = 16_000
SLOW = 30.0  # seconds that no trial may take, whatever else the machine does
# Suffix to container format, codec and rate, of what PyAV writes; amr it only reads.
FORMATS = {
    "m4a": ("ipod", "aac", RATE), "mp4": ("mp4", "aac", RATE), "webm": ("webm", "libopus", 48_000),
    "mkv": ("matroska", "flac", RATE), "mp3": ("mp3", "libmp3lame", RATE),
    "aac": ("adts", "aac", RATE), "wma": ("asf", "wmav2", RATE), "3gp": ("3gp", "aac", RATE),
}  # fmt: skip
SUBTYPES = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS", "opus": "OPUS", "aiff": "PCM_16"}
AMR_FRAME = 31  # bytes of a frame of narrow-band AMR at 12.2 kbit/s, 20 ms
VALUES: list[Any] = [
    None, True, 0, 1, -1, 2.5, 60, 1e9, 1e308, 10**400, -(10**400), float("nan"), float("inf"),
    "", "pdf", "accents", "digits", "nothing", "../x", "x" * 5_000, "\0", "\ud800",
    [], [1], [0, 1, 2], [-1], [10**30], ["a"], [[]], list(range(40)), {}, {"path": "/etc/passwd"},
]  # fmt: skip


@cache
def speech() -> np.ndarray:
    """A second of something like speech (k,), at RATE."""
    chance = np.random.default_rng(0)
    loudness = np.interp(np.arange(RATE), np.linspace(0, RATE, 9), chance.random(9))
    return (0.3 * loudness * chance.standard_normal(RATE)).clip(-1, 1).astype(np.float32)


@cache
def sounds() -> dict[str, bytes]:
    """A whole file of each format, by suffix."""
    files = {}
    for suffix, subtype in SUBTYPES.items():
        with io.BytesIO() as file:
            kind = "OGG" if suffix == "opus" else suffix.upper()
            soundfile.write(file, speech(), RATE, subtype, format=kind)
            files[suffix] = file.getvalue()
    for suffix, (container, codec, rate) in FORMATS.items():
        with io.BytesIO() as file:
            with av.open(file, "w", format=container) as output:
                stream = output.add_stream(codec, rate=rate)
                assert isinstance(stream, av.AudioStream)
                stream.codec_context.layout = "mono"
                if codec == "wmav2":
                    stream.codec_context.bit_rate = 64_000
                frame = av.AudioFrame.from_ndarray(speech()[None], "fltp", "mono")
                frame.sample_rate = RATE
                resampler = av.AudioResampler(stream.format.name, "mono", rate)
                fifo = av.AudioFifo()
                for part in (*resampler.resample(frame), *resampler.resample(None)):
                    part.pts = None
                    fifo.write(part)
                size = stream.codec_context.frame_size or 1_024
                while part := fifo.read(size, partial=True):
                    output.mux(stream.encode(part))
                output.mux(stream.encode(None))
            files[suffix] = file.getvalue()
    chance = random.Random(0)
    frames = (b"\x3c" + chance.randbytes(AMR_FRAME) for _ in range(50))
    files["amr"] = b"#!AMR\n" + b"".join(frames)
    return files


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed, cut out, doubled, or overwritten in one to eight places."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        # Half of the time near the beginning, where headers are.
        end = min(len(data), 200) if chance.random() < 0.5 else len(data)
        at = chance.randrange(max(end, 1))
        length = chance.choice((1, 1, 2, 4, 8, 64, 1_000))
        match chance.randrange(6):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                data[at : at + length] = chance.randbytes(length)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                data[at : at + 4] = chance.choice((b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff"))
            case _:
                data = data[: at + 1]
    return bytes(data)


def try_sound(chance: random.Random, folder: Path) -> None:
    suffix = chance.choice(sorted(sounds()))
    named = suffix if chance.random() < 0.9 else chance.choice(sorted(sounds()))
    path = folder / f"a.{named}"
    path.write_bytes(damaged(sounds()[suffix], chance))
    sound = audio.read(path, chance.choice((None, 0.5, 60)))
    samples, _, _ = audio.prepare(sound, 8_000, 60)
    assert np.isfinite(samples).all()
    assert sound.seconds < 3_600, f"a second became {sound.seconds:.0f}"
    assert all(isinstance(notice, str) and notice for notice in sound.notices())


def try_zip(chance: random.Random, folder: Path) -> None:
    names = ["A/1.wav", "A/2.flac", "B/1.wav", "B/ü.ogg", "list.csv", "../x.wav", "/etc/x", "C:\\x"]
    names += [
        "A/" + "d/" * 60 + "x.wav",
        "CON/1.wav",
        "a" * 300 + ".wav",
        "A/1.WAV",
        "",
        "A",
        "\x01",
    ]
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", chance.choice((0, 8))) as packed:
            for name in chance.sample(names, chance.randrange(1, 8)):
                content = sounds().get(name.rpartition(".")[2], b"path,label\nA/1.wav,x\n")
                packed.writestr(zipfile.ZipInfo(name or "x"), content)
        content = file.getvalue()
    path = folder / "a.zip"
    path.write_bytes(damaged(content, chance) if chance.random() < 0.8 else content)
    try:
        root = archive.unpack(path, folder / "out")
        for below in root.rglob("*"):
            assert below.resolve().is_relative_to(folder.resolve())
        corpora.read(str(root))
    finally:
        assert {entry.name for entry in folder.iterdir()} <= {"a.zip", "out"}


def try_list(chance: random.Random, folder: Path) -> None:
    (folder / "1.wav").write_bytes(sounds()["wav"])
    rows = "path,label,speaker,split\n" + "".join(
        f"1.wav,{chance.choice('ABC')},{chance.choice('xyz')},train\n" for _ in range(6)
    )
    encoding = chance.choice(("utf-8", "utf-8-sig", "utf-16", "latin-1"))
    name = chance.choice(("manifest.csv", "manifest.tsv", "speakers.csv", "validated.tsv"))
    text = rows.replace(",", "\t") if name.endswith("tsv") else rows
    (folder / name).write_bytes(damaged(text.encode(encoding), chance))
    for clip in corpora.read(str(folder)):
        assert clip.label
        assert clip.path.resolve().is_relative_to(folder.resolve())


@cache
def endpoints() -> dict[str, Callable[..., Any]]:
    """The functions of the page's endpoints for programs."""
    from cabcnn.ui import page

    functions = page.build().fns.values()
    names = ("explain", "classify", "export")
    return {f.api_name: f.fn for f in functions if f.api_name in names and f.fn}  # type: ignore


def try_arguments(chance: random.Random, folder: Path) -> None:
    import gradio as gr

    from cabcnn.ui.sounds import shared_sounds

    function = endpoints()[chance.choice(sorted(endpoints()))]
    # Where uploads are: a file elsewhere is none.
    path = Path(tempfile.mkdtemp(dir=shared_sounds().folder)) / "a.wav"
    path.write_bytes(sounds()["wav"])
    names = list(function.__annotations__)[1:]
    names = [name for name in names if name != "return"]
    arguments = {name: chance.choice(VALUES) for name in chance.sample(names, 2)}
    try:
        function({"path": str(path), "meta": {"_type": "gradio.FileData"}}, **arguments)
    except gr.Error as error:
        raise CabcnnError(error.message) from None
    except Exception as error:
        raise AssertionError(f"{arguments}: {error!r}") from error


TRIALS: dict[str, Callable[[random.Random, Path], None]] = {
    "sounds": try_sound,
    "zips": try_zip,
    "lists": try_list,
    "arguments": try_arguments,
}


def attempt(kind: str, seed: int) -> str:
    """One trial. Returns the sentence with which it was refused, "" if it was used.

    Raises AssertionError, or whatever surfaces, if it did neither.
    """
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        try:
            TRIALS[kind](random.Random(f"{kind} {seed}"), Path(folder))
            sentence = ""
        except CabcnnError as error:
            sentence = str(error)
            assert 5 < len(sentence) < 2_000, f"not a sentence: {sentence[:100]!r}"
            shown = sentence.replace("\n", "")
            assert shown.isprintable(), f"not printable: {sentence!r}"
        took = time.perf_counter() - begun
        assert took < SLOW, f"it took {took:.0f} s"
        return sentence


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all kinds together")
    parser.add_argument("--trials", type=int, default=10**9, help="of each kind, at most")
    parser.add_argument("--seed", type=int, default=0, help="of the first trial")
    parser.add_argument("--only", choices=TRIALS, action="append", help="can be repeated")
    options = parser.parse_args()
    failed = False
    for kind in options.only or TRIALS:
        end = time.monotonic() + options.seconds / len(options.only or TRIALS)
        counts = {"used": 0, "refused": 0, "failed": 0}
        seed = options.seed
        while time.monotonic() < end and seed < options.seed + options.trials:
            try:
                counts["refused" if attempt(kind, seed) else "used"] += 1
            except Exception:
                counts["failed"] += 1
                print(f"{kind}, seed {seed}:\n{traceback.format_exc()}")
            seed += 1
        failed = failed or counts["failed"] > 0
        print(f"{kind}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
