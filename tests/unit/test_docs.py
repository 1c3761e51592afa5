"""The documents agree with the program: links work, the map is the tree, the tour runs."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from cabcnn import checkpoint

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "assets/*.md", "assets/*/*.md", "checkpoints/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TREE = re.compile(r"^```\n(app\.py .*?)^```", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^( *)([\w./-]+)(?: {2,}|$)")


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request) -> Path:
    return request.param


def anchors(path: Path) -> set[str]:
    """What GitHub lets one link to: its headings in lower case, without punctuation."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere(document):
    for target in LINK.findall(document.read_text("utf-8")):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_every_file_and_module_that_is_named_is_there(document):
    text = document.read_text("utf-8")
    if document.name == "CHANGELOG.md":  # names what is no longer there, too
        text = text.partition("## [0.1.0]")[0].partition("### Renamed")[0]
    for name in re.findall(r"\b((?:cabcnn|benchmarks|assets|docs|tests)/[\w./-]*\w)", text):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"\b(?:python -m|from|import) (cabcnn(?:\.\w+)*)", text):
        assert importlib.util.find_spec(name), name


def test_every_function_of_a_module_that_is_shown_is_there(document):
    """In examples in Python, `module.name` of this package's modules."""
    blocks = re.findall(r"^```python\n(.*?)^```", document.read_text("utf-8"), re.M | re.S)
    for block in blocks:
        tree = ast.parse(block)
        modules: dict[str, object] = {}
        lines: list[ast.stmt] = [
            node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        exec(compile(ast.Module(lines, []), "imports", "exec"), modules)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = modules.get(node.value.id)
                assert module is None or hasattr(module, node.attr), ast.unparse(node)


def test_the_map_in_the_readme_is_the_tree():
    (tree,) = TREE.findall((ROOT / "README.md").read_text("utf-8"))
    top, package = set(), set()
    for line in tree.splitlines():
        if entry := ENTRY.match(line):
            depth, name = len(entry[1]), entry[2]
            assert depth in (0, 2) or depth > 10, line
            if depth <= 2:
                (package if depth else top).add(name)
    kept = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert {name.rstrip("/") for name in top} <= kept
    rooms = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "cabcnn").iterdir()
        if path.name not in ("__init__.py", "__main__.py", "py.typed") and path.name[:2] != "__"
    }
    assert package == rooms


def test_the_scores_in_the_readme_are_those_of_the_cards():
    row = r"^\| `([\w-]+)` \|.*\| (0\.\d\d) \| (0\.\d\d) to (0\.\d\d) \| (0\.\d\d) \|$"
    rows = re.findall(row, (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    folder = ROOT / "checkpoints"
    assert {name for name, *_ in rows} == {path.stem for path in folder.glob("*.safetensors")}
    for name, *numbers in rows:
        card = checkpoint.load(folder / f"{name}.safetensors")[1]
        first = card.measurements[0]
        assert first.unseen_speakers
        assert first.interval
        measured = [first.unweighted_recall, *first.interval, 1 / len(card.labels)]
        assert [float(number) for number in numbers] == pytest.approx(measured, abs=0.00501)


def test_the_tour_runs_from_top_to_bottom():
    tour = nbformat.read(ROOT / "docs" / "tour.ipynb", as_version=4)
    client = NotebookClient(tour, timeout=300, resources={"metadata": {"path": str(ROOT / "docs")}})
    client.execute()  # raises for a cell that fails
    shown = [output for cell in tour.cells for output in cell.get("outputs", [])]
    assert len(shown) >= sum(cell.cell_type == "code" for cell in tour.cells)
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert not [cell for cell in tour.cells if cell.cell_type == "code" and not cell.outputs]
