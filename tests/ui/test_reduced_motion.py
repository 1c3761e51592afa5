"""Who asked for less motion gets none of ours: whatever moves is switched off for them."""

from __future__ import annotations

import re

import pytest

from cabcnn.ui import page

REDUCED = re.compile(r"@media \(prefers-reduced-motion: reduce\) \{((?:[^{}]*\{[^{}]*\})*)\s*\}")
SHEETS = sorted(page.HERE.rglob("*.css"))
SCRIPTS = [path for kind in ("js", "py") for path in sorted(page.HERE.rglob(f"*.{kind}"))]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_style_sheets_switch_off_all_that_they_let_move(sheet):
    text = sheet.read_text("utf-8")
    reduced = "".join(REDUCED.findall(text))
    moving = REDUCED.sub("", text)
    for name in ("animation", "transition"):
        if re.search(rf"\b{name}:", moving):
            assert f"{name}: none" in reduced
    assert "scroll-behavior" not in moving


def test_scripts_scroll_smoothly_only_for_those_who_do_not_mind():
    smooth = [path for path in SCRIPTS if re.search(r"""["']smooth["']""", path.read_text("utf-8"))]
    assert smooth
    for path in smooth:
        assert "prefers-reduced-motion" in path.read_text("utf-8"), path
