"""Makes the atlases in `assets/atlas`: what each classifier of each shipped model does, over the
built-in corpus.

Run it from anywhere, with the project's dependencies installed, after a checkpoint has changed:

    python assets/make_atlas.py          # those that no longer match their checkpoint
    python assets/make_atlas.py --all    # all of them, after the computation has changed

It takes about half a minute for each model on one core.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cabcnn import atlas, checkpoint, classifier, corpora, memory  # noqa: E402
from cabcnn.atlas.store import SUFFIX, shipped_folder  # noqa: E402
from cabcnn.corpora import built_in  # noqa: E402


def main() -> None:
    """Makes atlases that are missing or outdated, and removes those without a checkpoint."""
    memory.keep_freed_memory()
    clips, folder = corpora.read("built-in"), shipped_folder()
    names = sorted(path.stem for path in checkpoint.folder().glob(f"*{checkpoint.SUFFIX}"))
    for path in folder.glob(f"*{SUFFIX}"):
        if path.stem not in names:
            path.unlink()
            print(f"{path.name:28} removed")
    for name in names:
        model = classifier.load(name)
        if model.card.name != name:
            sys.exit(
                f"{name}: the name on its card is {model.card.name}, which atlases are found by."
            )
        state, path = "unchanged", folder / f"{name}{SUFFIX}"
        if "--all" in sys.argv or atlas.shipped(model) is None:
            computed = atlas.compute(model, clips, "built-in", root=built_in.folder())
            atlas.write(computed, path)
            state = "written"
        print(f"{path.name:28} {path.stat().st_size / 1024:6.1f} kB  {state}")


if __name__ == "__main__":
    main()
