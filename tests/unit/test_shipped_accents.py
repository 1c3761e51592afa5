"""Making the shipped accents models, as small as it gets: every step, few epochs, few clips."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from cabcnn import checkpoint
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.shipped import accents, speech_accent_archive
from cabcnn.shipped.pretraining.classifier_block import BlockRecipe
from cabcnn.shipped.recording_conditions import MEASURED

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 8_000
COUNTRIES = ("usa", "uk", "australia")
HEADER = "path,speaker,native_language,country"


@pytest.fixture
def archive(tmp_path, babble) -> tuple[Path, Path]:
    """Four speakers of each accent and of elsewhere, one recording each, and half of them again."""
    folders = tmp_path / "copies", tmp_path / "originals"
    for folder, every in zip(folders, (1, 2), strict=True):
        folder.mkdir()
        lines = [HEADER]
        for speaker in range(0, 16, every):
            country = (*COUNTRIES, "canada")[speaker // 4]
            samples = babble(1.5 + 0.02 * speaker, RATE, 100 * every + speaker)
            soundfile.write(folder / f"{speaker}.wav", samples, RATE)
            language = "spanish" if speaker == 15 else "english"
            lines.append(f"{speaker}.wav,{speaker},{language},{country}")
        (folder / "speakers.csv").write_text("\n".join(lines))
    return folders


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path) -> None:
    pretext = replace(speech_accent_archive.PRETEXT, max_epochs=1, crop_seconds=0.5)
    for name in ("PRETEXT", "CONDITIONS"):
        monkeypatch.setattr(speech_accent_archive, name, pretext)
    monkeypatch.setattr(speech_accent_archive, "FINE_UNITS", 41)
    monkeypatch.setattr(accents, "BLOCK", BlockRecipe(epochs=1, intervals=10))
    monkeypatch.setattr(accents, "FOLDS", 2)
    monkeypatch.setattr(accents, "MODELS", {"accents-1s": (1.0, 2)})
    (tmp_path / "checkpoints").mkdir()
    monkeypatch.setattr(checkpoint, "folder", lambda: tmp_path / "checkpoints")


def test_accents_on_both_versions_and_under_every_condition(archive, tmp_path, capsys):
    copies, originals = archive
    work = tmp_path / "work"
    accents.make(copies, work, "cpu", "accents-1s", originals)
    _, card = checkpoint.load(tmp_path / "checkpoints" / "accents-1s.safetensors")
    assert card.labels == ("US", "UK", "AU")
    assert (card.measurements[0].models, card.measurements[0].clips) == (4, 12)
    (told,) = [note for note in card.notes if "% of the answers change" in note]
    assert all(name in told for name in ("originals", *MEASURED))
    speaker_at = {"copies": lambda clip: str(clip), "originals": lambda clip: str(2 * clip)}
    for fold in (0, 1):
        heard = {}
        for name, speaker in speaker_at.items():
            row = json.loads((work / "accents-1s" / name / f"0-fold-{fold}.json").read_text())
            heard[name] = {speaker(clip) for clip in row["clips"]}
        assert heard["originals"] == {one for one in heard["copies"] if int(one) % 2 == 0}
    before = capsys.readouterr().out.splitlines()
    accents.make(copies, work, "cpu", None, originals)
    again = capsys.readouterr().out.splitlines()
    assert again == [line for line in before if "epoch" not in line]


def test_the_originals_are_needed_and_are_of_the_same_speakers(archive, tmp_path):
    copies, originals = archive
    with pytest.raises(CabcnnError, match="--originals"):
        accents.make(copies, tmp_path / "work", "cpu", None)
    lines = (originals / "speakers.csv").read_text().replace("2.wav,2,", "2.wav,99,")
    (originals / "speakers.csv").write_text(lines)
    with pytest.raises(CabcnnError, match="has no speaker 99, who is in"):
        accents.make(copies, tmp_path / "work", "cpu", None, originals)


def test_who_is_tested_is_not_pretrained_on(archive, tmp_path):
    copies, originals = archive
    shutil.copyfile(copies / "3.wav", copies / "13.wav")
    with pytest.raises(CorpusError, match="1 recordings are among those to pretrain on"):
        accents.Accents(copies, originals, tmp_path / "work", "cpu")


def test_a_recording_of_two_speakers_is_refused_before_accents_are_measured(archive, tmp_path):
    copies, originals = archive
    lines = (copies / "speakers.csv").read_text()
    made = accents.Accents(copies, originals, tmp_path / "work", "cpu")
    one, other = (int(split.tested[-1]) for split in made.folds(0))
    (copies / "speakers.csv").write_text(lines.replace(f"{one}.wav,", f"{other}.wav,"))
    made = accents.Accents(copies, originals, tmp_path / "again", "cpu")
    with pytest.raises(CorpusError, match="are the same recording of two speakers"):
        made.folds(0)
