"""What somebody gets who installs the package, and what they may do with it."""

from __future__ import annotations

import email
import email.message
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from cabcnn import __version__, checkpoint

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "outside" / "program.py"
SUFFIXES = {".py", ".js", ".css", ".html"}
# The licences of the shipped cards are sentences that begin with a licence's usual name.
SPDX = {
    "MIT": "MIT",
    "CC BY 4.0": "CC-BY-4.0",
    "CC BY-NC-SA 2.0": "CC-BY-NC-SA-2.0",
    "CC BY-SA 4.0": "CC-BY-SA-4.0",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The package as it would be published."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder that the package is installed in."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def metadata(installed) -> email.message.Message:
    (path,) = installed.glob("*.dist-info/METADATA")
    return email.message_from_string(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def licences() -> dict[str, str]:
    """The SPDX identifier of each shipped model's licence, from its card."""
    cards = [checkpoint.load(path)[1] for path in sorted((ROOT / "checkpoints").glob("*.safe*"))]
    return {card.name: SPDX[card.licence.split(",")[0]] for card in cards}


def test_the_wheel_has_every_file_that_the_program_needs(installed):
    package = ROOT / "cabcnn"
    here = {path.relative_to(package) for path in package.rglob("*") if path.suffix in SUFFIXES}
    there = {path.relative_to(installed / "cabcnn") for path in installed.rglob("cabcnn/**/*.*")}
    assert here
    assert here <= there
    assert Path("py.typed") in there
    for folder in ("checkpoints", "assets/corpus", "assets/examples", "assets/atlas"):
        names = {path.name for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert names == {p.name for p in (installed / "cabcnn" / folder).rglob("*") if p.is_file()}


def test_the_metadata_names_the_licences_of_code_and_weights(metadata, installed, licences):
    named = set(metadata["License-Expression"].split(" AND "))
    assert named == {"MIT", *licences.values()}
    files = metadata.get_all("License-File")
    assert set(files) == {"LICENSE", *(f"LICENSES/{name}.txt" for name in named - {"MIT"})}
    (folder,) = installed.glob("*.dist-info/licenses")
    for file in files:
        assert (folder / file).read_text("utf-8") == (ROOT / file).read_text("utf-8")
    assert metadata["Version"] == __version__


def test_the_tables_of_licences_agree_with_the_cards(licences):
    text = (ROOT / "checkpoints" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \|.*\| \[([\w.-]+)\]\((\S+)\) \| (\w+)", text, re.MULTILINE)
    assert {name: spdx for name, spdx, _, _ in rows} == licences
    for _, spdx, target, commercial in rows:
        assert (ROOT / "checkpoints" / target).is_file()
        assert commercial == ("no" if "-NC-" in spdx else "yes")
    _, front, readme = (ROOT / "README.md").read_text("utf-8").split("---\n", 2)
    assert set(yaml.safe_load(front)["license"]) == {"mit", *map(str.lower, licences.values())}
    (section,) = re.findall(r"^## Licence\n(.*?)\Z", readme, re.MULTILINE | re.DOTALL)
    for name in licences:
        assert f"`{name}`" in section


@pytest.mark.usefixtures("home")
def test_the_installed_package_works_without_the_non_commercial_weights(
    installed, licences, tmp_path
):
    free = [name for name, spdx in licences.items() if "-NC-" not in spdx]
    for name in licences.keys() - set(free):
        (installed / "cabcnn" / "checkpoints" / f"{name}{checkpoint.SUFFIX}").unlink()
    run = subprocess.run(
        [sys.executable, str(PROGRAM), "digits", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    models, answer = run.stdout.splitlines()
    assert models.split() == [str(installed / "cabcnn" / "checkpoints"), *sorted(free)]
    assert answer.startswith("digits: ")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert "missing.wav" in archive.read("summary.csv").decode()


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == __version__
    assert citation["license"] == "MIT"
    paper = citation["references"][0]
    assert paper["title"] in (ROOT / "README.md").read_text("utf-8").replace("\n", " ")
    assert [author["family-names"] for author in paper["authors"]] == ["Lu", "Zhang", "Nayak"]


def test_requirements_pin_what_the_package_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    name = re.compile(r"^[A-Za-z0-9_.-]+")

    def names(lines: list[str]) -> set[str]:
        return {found[0] for line in lines if (found := name.match(line))}

    pinned = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert names(project["dependencies"]) == names(pinned)
    assert all("==" in line for line in pinned if name.match(line))
    developing = (ROOT / "requirements-dev.txt").read_text("utf-8").splitlines()
    asked = names(project["optional-dependencies"]["dev"])
    assert asked <= names(developing)
