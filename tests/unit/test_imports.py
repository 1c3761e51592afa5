"""What is imported when: `import cabcnn` is quick, and only the page needs Gradio."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cabcnn
from cabcnn import checkpoint


def modules_after(program: str) -> set[str]:
    """The modules that a fresh Python has imported at the end of a program."""
    code = f"import sys\n{program}\nprint('\\nmodules', *sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_importing_the_package_imports_nothing_heavy():
    before, after = modules_after(""), modules_after("import cabcnn")
    assert "cabcnn" in after
    heavy = {"gradio", "matplotlib", "numpy", "plotly", "scipy", "sklearn", "soundfile", "torch"}
    assert heavy.isdisjoint(after - before)
    assert {name for name in after - before if name.startswith("cabcnn.")} == set()


def test_the_public_names_are_there():
    assert all(getattr(cabcnn, name) is not None for name in cabcnn.__all__)
    assert set(cabcnn.__all__) <= set(dir(cabcnn))
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        cabcnn.lod  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


def test_an_atlas_with_its_page_is_written_without_gradio(
    formula_model, make_card, write_corpus, tmp_path
):
    checkpoint.save(tmp_path / "tiny.safetensors", formula_model(3), make_card())
    corpus = write_corpus(tmp_path / "corpus", speakers=1, clips=1)
    arguments = [
        *("atlas", str(corpus), "--checkpoint", str(tmp_path / "tiny.safetensors")),
        *("--out", str(tmp_path / "page")),
    ]
    after = modules_after(f"import cabcnn.cli\ncabcnn.cli.app({arguments}, standalone_mode=False)")
    assert (tmp_path / "page" / "index.html").stat().st_size > 10_000
    assert "torch" in after
    assert not {name for name in after if name.split(".")[0] == "gradio"}
    assert not {name for name in after if name.startswith("cabcnn.ui")}
