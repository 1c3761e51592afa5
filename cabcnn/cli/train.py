"""`cabcnn train`: a model from a corpus, in a folder that any later run goes on in."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from cabcnn.cli import recipe_options
from cabcnn.errors import CabcnnError

INTERRUPTED = 130  # what shells return for a program that Ctrl-C ended
# Options that change what --set could change too.
SHORT = {
    "epochs": "max_epochs",
    "batch-size": "batch_size",
    "learning-rate": "learning_rate",
    "crop": "crop_seconds",
}


def train(
    corpus: Annotated[
        str | None,
        typer.Argument(
            metavar="CORPUS",
            help="A folder of recordings, a list of them (.csv, .tsv), or built-in.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of this run; its name is the model's.", file_okay=False),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="T: learn and judge by the first so many seconds.")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="How to train: robust or paper.")] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="Who is tested: speaker-disjoint, paper (mixed), both (one model each), "
            "official (the corpus's own split), or folds (every speaker once)."
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(help="Test every speaker once: train one model for each of so many folds."),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="How the corpus lies on disk; found out if left out.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="The column, or the task, that labels are taken from.")
    ] = None,
    speaker: Annotated[str | None, typer.Option(help="The column that names speakers.")] = None,
    speaker_pattern: Annotated[
        str | None, typer.Option(help="A regular expression that finds the speaker in a name.")
    ] = None,
    labels: Annotated[
        list[str] | None, typer.Option("--only", help="Keep this label only; may be repeated.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the split and of all chance.")] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda, or auto: a GPU where there is one.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="At most so many epochs.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Clips a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Adam's.")] = None,
    crop: Annotated[
        float | None,
        typer.Option(help="Learn from random excerpts of so many seconds; 0: from whole clips."),
    ] = None,
    changed: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Change the recipe, as by noise=0 or anneal=yes; may be repeated. NAME is one of "
            f"{', '.join(recipe_options.NAMES)}.",
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="What the model is called in the page.")] = None,
    plan: Annotated[
        Path | None,
        typer.Option(help="Take all of the above from this plan.json; --out is its folder."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, also a stopped one.")
    ] = False,
    cache: Annotated[
        Path | None, typer.Option(help="Where decoded recordings are kept.", file_okay=False)
    ] = None,
) -> None:
    """Train a model, score it on clips it never learned from, and write its report.

    The run can be killed and started again at any moment: the same command goes on. The
    model is OUT/model.safetensors, what it is worth is in OUT/report.
    """
    from cabcnn.cli.progress import watching
    from cabcnn.memory import keep_freed_memory
    from cabcnn.reports import run
    from cabcnn.runs import plan as plans
    from cabcnn.runs.run import MODEL, carry_out, leads

    given = {
        "seconds": seconds, "recipe": recipe, "protocol": protocol, "folds": folds,
        "layout": layout, "label": label, "speaker": speaker, "speaker-pattern": speaker_pattern,
        "only": labels, "seed": seed, "epochs": epochs, "batch-size": batch_size,
        "learning-rate": learning_rate, "crop": crop, "set": changed, "title": title,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    if corpus is None:
        if plan is None and not (resume and out is not None):
            raise CabcnnError(
                "Say what to train on: a corpus, --plan with its file, or --resume with --out."
            )
        if given:
            raise CabcnnError(
                f"The plan settles --{next(iter(given))} already; leave it out, or name a corpus "
                "to begin a new run."
            )
        source = plan or out
        assert source is not None
        wanted = plans.read(source)
        folder = out or (source if source.is_dir() else source.parent)
    elif out is None or plan is not None:
        raise CabcnnError("A run needs a corpus and --out, the folder to keep it in, or a --plan.")
    else:
        wanted, folder = _planned(corpus, out, given), out
    if device is not None:
        wanted = plans.on_device(wanted, device)
    keep_freed_memory()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both end it the same way
    try:
        with watching() as on_event:
            outcome = carry_out(
                wanted, folder, on_event=on_event, report=run.write, cache=cache, resume=resume
            )
    except KeyboardInterrupt:
        typer.echo(f"Interrupted; --resume --out {folder} goes on where it was.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if not leads():
        return
    if outcome is None:
        typer.echo(f"{folder} is finished already; --resume goes on with a stopped run.")
    else:
        typer.echo(f"{folder / MODEL}: {outcome.card.score()}")


def _planned(corpus: str, out: Path, given: dict[str, Any]) -> Any:
    """The plan that the options describe."""
    from cabcnn.runs.plan import Plan
    from cabcnn.training.recipe import RECIPES

    name = given.get("recipe", "robust")
    if name not in RECIPES:
        raise CabcnnError(f"There is no recipe {name!r}, only {', '.join(RECIPES)}.")
    changed = recipe_options.read(given.get("set", ()))
    for option, field in SHORT.items():
        if option in given:
            if field in changed:
                raise CabcnnError(f"--{option} and --set {field} are one thing; leave one out.")
            changed[field] = given[option]
    changed["crop_seconds"] = changed.get("crop_seconds", RECIPES[name].crop_seconds) or None
    recipe = RECIPES[name].as_dict() | changed
    options = {
        "label": given.get("label"),
        "speaker": given.get("speaker"),
        "speaker_pattern": given.get("speaker-pattern"),
        "labels": given.get("only"),
    }
    protocol = given.get("protocol", "folds" if "folds" in given else "both")
    if "folds" in given and protocol != "folds":
        raise CabcnnError(f"--folds and --protocol {protocol} exclude each other; leave one out.")
    return Plan(
        # found again from wherever the run is taken up
        corpus=str(Path(corpus).resolve()) if Path(corpus).exists() else corpus,
        name=out.resolve().name,
        layout=given.get("layout"),
        options={k: v for k, v in options.items() if v is not None},
        seconds=given.get("seconds", recipe["seconds"]),
        recipe=recipe,
        protocol=protocol,
        folds=given.get("folds", 5),
        seed=given.get("seed", 0),
        title=given.get("title", ""),
    )
