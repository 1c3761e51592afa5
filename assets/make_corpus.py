"""Make the built-in corpus in `assets/corpus` again: synthetic voices, each in five accents.

Run from anywhere, with the project's dependencies and the program espeak-ng installed:

    python assets/make_corpus.py

Every voice says its six sentences in every accent, so neither the voice nor the words tell the
accent. A clip whose sound is already the same is left alone; clips no longer wanted go.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from speech import find_program, say, write_if_new

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "corpus"
MANIFEST = FOLDER / "manifest.csv"
SENTENCES = (HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()

SAMPLE_RATE = 16_000  # Hz
COMPRESSION = 0.96  # of libsndfile's scale: 16 kbit/s
MARGIN = 0.1  # seconds of silence kept on either side
SENTENCES_EACH = 6

# The label of each accent, and espeak-ng's voice for it.
ACCENTS = {
    "American": "en-us",
    "Caribbean": "en-029",
    "RP": "en-gb-x-rp",
    "Scottish": "en-gb-scotland",
    "West Midlands": "en-gb-x-gbcwmd",
}


class Voice(NamedTuple):
    """One of espeak-ng's voice variants, at a pitch (0 to 99) and a speed of its own."""

    variant: str
    pitch: int
    words_per_minute: int


# Low voices first, then high ones. No variant that sets the length of stressed syllables, which
# is part of an accent's rhythm, and no two whose long-term spectra are almost the same.
VOICES = [
    Voice("m1", 45, 160),
    Voice("m2", 60, 175),
    Voice("m5", 35, 150),
    Voice("m7", 55, 170),
    Voice("m8", 50, 180),
    Voice("adam", 65, 165),
    Voice("edward", 40, 155),
    Voice("Michael", 50, 170),
    Voice("f1", 45, 165),
    Voice("f2", 50, 175),
    Voice("f3", 60, 160),
    Voice("f5", 40, 170),
    Voice("Annie", 50, 180),
    Voice("linda", 45, 155),
    Voice("steph", 55, 165),
    Voice("shelby", 50, 150),
]


def sentences_of(voice: int) -> list[int]:
    """Which sentences a voice says: a low and a high voice share each, never two all of theirs.

    A low voice takes neighbours in the list, a high one every eighth.
    """
    half = len(VOICES) // 2
    if voice < half:
        return [SENTENCES_EACH * voice + turn for turn in range(SENTENCES_EACH)]
    return [voice - half + half * turn for turn in range(SENTENCES_EACH)]


class Utterance(NamedTuple):
    """A clip of the corpus before it is spoken."""

    path: str
    label: str
    voice: Voice
    sentence: str


def plan() -> Iterator[Utterance]:
    """Every clip, accent by accent."""
    for label in ACCENTS:
        place = label.lower().replace(" ", "-")
        for number, voice in enumerate(VOICES):
            for chosen in sentences_of(number):
                path = f"{place}/{voice.variant.lower()}-{chosen + 1:02}.ogg"
                yield Utterance(path, label, voice, SENTENCES[chosen])


def main() -> None:
    """Make every clip and the manifest; tell how many changed."""
    program = find_program()
    utterances = list(plan())
    seconds, written = 0.0, 0
    for path, label, voice, sentence in utterances:
        samples = say(
            program,
            sentence,
            f"{ACCENTS[label]}+{voice.variant}",
            voice.words_per_minute,
            pitch=voice.pitch,
            rate=SAMPLE_RATE,
            margin=MARGIN,
        )
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        written += write_if_new(FOLDER / path, samples, SAMPLE_RATE, COMPRESSION)
        seconds += len(samples) / SAMPLE_RATE
    wanted = {FOLDER / utterance.path for utterance in utterances}
    for path in set(FOLDER.glob("*/*.ogg")) - wanted:
        path.unlink()
    with MANIFEST.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["path", "label", "speaker", "sentence"])
        rows.writerows((u.path, u.label, u.voice.variant.lower(), u.sentence) for u in utterances)
    size = sum(path.stat().st_size for path in wanted) / 1e6
    print(f"{len(wanted)} clips, {seconds / 60:.1f} minutes, {size:.2f} MB; {written} written")


if __name__ == "__main__":
    main()
