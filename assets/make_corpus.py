"""Makes the built-in corpus in `assets/corpus`: synthetic voices, each in five accents.

Run it from anywhere, with the project's dependencies and the program espeak-ng installed:

    python assets/make_corpus.py

Every voice says its six sentences in every accent, so that neither the voice nor the words give the
accent away. Clips whose sound is unchanged are not written again; clips no longer needed are
removed.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from speech import find_program, say, write_if_new

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "corpus"
SENTENCES = (HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()

SAMPLE_RATE = 16_000  # Hz
COMPRESSION = 0.96  # of libsndfile's scale: 16 kbit/s
MARGIN = 0.1  # seconds of silence on either side
SENTENCES_EACH = 6
UPPER = 3  # from this formant on, they characterise the voice rather than the vowel

# The label of each accent, and espeak-ng's voice for it.
ACCENTS = {
    "American": "en-us",
    "Caribbean": "en-029",
    "RP": "en-gb-x-rp",
    "Scottish": "en-gb-scotland",
    "West Midlands": "en-gb-x-gbcwmd",
}


class Voice(NamedTuple):
    """A speaker: the settings that are the same in every accent.

    `lowest` and `highest` are the range of the pitch in Hz; `formants` the formants'
    frequencies and `upper` the strength of the upper ones, in percent of espeak-ng's;
    `roughness` is espeak-ng's, from 0 to 7.
    """

    name: str
    lowest: int
    highest: int
    formants: int
    upper: int
    words_per_minute: int
    roughness: int

    def variant(self) -> str:
        """The voice as a variant file of espeak-ng, without stress and intonation, which belong to
        the accents."""
        lines = [
            "language variant",
            f"name {self.name}",
            f"pitch {self.lowest} {self.highest}",
            f"roughness {self.roughness}",
        ]
        for number in range(1, 9):
            strength = self.upper if number >= UPPER else 100
            lines.append(f"formant {number} {self.formants} {strength} 100")
        return "\n".join(lines) + "\n"


# espeak-ng's own variants are caricatures that differ in many ways at once: a model trained on
# twelve of them hardly generalised to the others. These cover the range of people's voices, so that
# each has neighbours and no two are alike.
VOICES = [
    Voice("low-01", 70, 104, 94, 100, 152, 2),
    Voice("low-02", 78, 122, 100, 85, 170, 1),
    Voice("low-03", 85, 118, 97, 110, 160, 0),
    Voice("low-04", 92, 145, 103, 95, 178, 2),
    Voice("low-05", 74, 98, 102, 105, 148, 4),
    Voice("low-06", 100, 140, 96, 90, 166, 1),
    Voice("low-07", 88, 132, 106, 80, 157, 3),
    Voice("low-08", 108, 158, 101, 100, 174, 0),
    Voice("low-09", 82, 110, 92, 95, 163, 2),
    Voice("low-10", 96, 150, 99, 115, 155, 1),
    Voice("high-01", 140, 195, 110, 100, 160, 1),
    Voice("high-02", 165, 240, 114, 85, 172, 0),
    Voice("high-03", 152, 215, 118, 105, 154, 2),
    Voice("high-04", 180, 255, 112, 95, 180, 1),
    Voice("high-05", 134, 180, 108, 110, 150, 3),
    Voice("high-06", 195, 275, 120, 90, 167, 0),
    Voice("high-07", 146, 225, 116, 80, 158, 2),
    Voice("high-08", 172, 230, 106, 100, 175, 1),
    Voice("high-09", 158, 250, 122, 95, 164, 0),
    Voice("high-10", 188, 240, 115, 110, 169, 2),
]


def sentences_of(voice: int) -> list[int]:
    """The sentences that a voice says. Each is said by one low and one high voice, and no two
    voices share more than one.

    A low voice says consecutive sentences of the list, a high one every tenth.
    """
    half = len(VOICES) // 2
    if voice < half:
        return [SENTENCES_EACH * voice + turn for turn in range(SENTENCES_EACH)]
    return [voice - half + half * turn for turn in range(SENTENCES_EACH)]


class Utterance(NamedTuple):
    """A clip of the corpus that is to be made."""

    path: str
    label: str
    voice: Voice
    sentence: str


def plan() -> Iterator[Utterance]:
    """All clips, accent by accent."""
    for label in ACCENTS:
        place = label.lower().replace(" ", "-")
        for number, voice in enumerate(VOICES):
            for chosen in sentences_of(number):
                path = f"{place}/{voice.name}-{chosen + 1:02}.ogg"
                yield Utterance(path, label, voice, SENTENCES[chosen])


def add_voices(program: str, folder: Path) -> None:
    """Copies the program's data into `folder` and adds the voices."""
    output = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
    where = re.search(r"Data at: (.+)", output.stdout)
    if where is None:
        raise RuntimeError(f"{program} --version does not say where its data are")
    data = folder / "espeak-ng-data"
    shutil.copytree(where[1].strip(), data)
    for voice in VOICES:
        (data / "voices" / "!v" / voice.name).write_text(voice.variant(), encoding="utf-8")


def main() -> None:
    """Makes the clips and the manifest, and prints how many have changed."""
    program = find_program()
    utterances = list(plan())
    seconds, written = 0.0, 0
    with tempfile.TemporaryDirectory() as data:
        add_voices(program, Path(data))
        for path, label, voice, sentence in utterances:
            samples = say(
                program,
                sentence,
                f"{ACCENTS[label]}+{voice.name}",
                voice.words_per_minute,
                rate=SAMPLE_RATE,
                margin=MARGIN,
                data=Path(data),
            )
            (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
            written += write_if_new(FOLDER / path, samples, SAMPLE_RATE, COMPRESSION)
            seconds += len(samples) / SAMPLE_RATE
    needed = {FOLDER / utterance.path for utterance in utterances}
    for path in set(FOLDER.glob("*/*.ogg")) - needed:
        path.unlink()
    with (FOLDER / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["path", "label", "speaker", "sentence"])
        rows.writerows((u.path, u.label, u.voice.name, u.sentence) for u in utterances)
    size = sum(path.stat().st_size for path in needed) / 1e6
    print(f"{len(needed)} clips, {seconds / 60:.1f} minutes, {size:.2f} MB; {written} written")


if __name__ == "__main__":
    main()
