"""The views' modules as they go to the browser."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import PurePosixPath
from typing import Any

import pytest

from cabcnn.views import bundle

MODULES = {path.relative_to(bundle.FOLDER).as_posix() for path in bundle.FOLDER.rglob("*.js")}
# What Node would import by itself: in a browser every import must be of another Blob.
RELATIVE = re.compile(r"""\b(?:from|import)\s*\(?\s*["']\.{1,2}/""")


def carried(script: str) -> list[tuple[str, str]]:
    """Path and source of the modules in a script, in its order."""
    (packed,) = re.findall(r'atob\("([^"]+)"\)', script)
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def test_every_module_is_part_of_a_view_and_sent_once() -> None:
    paths = [path for path, _ in carried(bundle.page_script())]
    assert sorted(paths) == sorted(MODULES)


@pytest.mark.parametrize("view", bundle.VIEWS)
def test_modules_come_after_those_that_they_import(view: str) -> None:
    sources = bundle.sources((view,))
    before: set[str] = set()
    for path, source in sources.items():
        code = re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", source, flags=re.DOTALL | re.MULTILINE)
        assert not RELATIVE.search(code), path
        assert set(re.findall(r'"cabcnn:([^"]+)"', source)) <= before, path
        before.add(path)
    assert list(sources)[-1] == f"{view}/{bundle.ENTRY}"


@pytest.mark.parametrize("view", bundle.VIEWS)
def test_a_page_of_one_view_carries_that_and_what_is_shared(view: str) -> None:
    folders = {PurePosixPath(path).parts[0] for path, _ in carried(bundle.standalone_script(view))}
    assert folders == {view, "shared"}


def test_a_missing_module_and_a_circle_are_refused(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(bundle, "FOLDER", tmp_path)
    (tmp_path / "one").mkdir()
    entry = tmp_path / "one" / bundle.ENTRY
    entry.write_text('import { a } from "../two/a.js";\n')
    with pytest.raises(FileNotFoundError):
        bundle.sources(("one",))
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.js").write_text('import "../one/view.js";\n')
    with pytest.raises(ValueError, match="circle"):
        bundle.sources(("one",))
