"""Make the atlases in `assets/atlas` again: what each classifier of each shipped model is for, as
the built-in corpus shows it.

Run from anywhere, with the project's dependencies installed, after a checkpoint has changed:

    python assets/make_atlas.py          # those that do not fit their checkpoint
    python assets/make_atlas.py --all    # every one, after the computation has changed

About half a minute a model on one core.
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
    """Make what is missing or of other weights, and remove what belongs to no checkpoint."""
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
            sys.exit(f"{name}: its card calls it {model.card.name}, and atlases go by that.")
        state, path = "unchanged", folder / f"{name}{SUFFIX}"
        if "--all" in sys.argv or atlas.shipped(model) is None:
            found = atlas.compute(model, clips, "built-in", root=built_in.folder())
            atlas.write(found, path)
            state = "written"
        print(f"{path.name:28} {path.stat().st_size / 1024:6.1f} kB  {state}")


if __name__ == "__main__":
    main()
