"""`cabcnn train`: trains a model on a corpus, in a folder from which it can be resumed."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from cabcnn.cli import recipe_options
from cabcnn.cli.corpus_options import (
    Cache,
    Label,
    Layout,
    Only,
    Speaker,
    SpeakerPattern,
    write_note,
)
from cabcnn.cli.terminal import write_line
from cabcnn.errors import CabcnnError

INTERRUPTED = 130  # the exit code of programs ended by Ctrl-C
# Options for recipe fields that --set can change too.
RECIPE_OPTIONS = {
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
        typer.Option(help="Folder for this run; its name becomes the model's.", file_okay=False),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="T: the seconds of each clip to use, from its start.")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="robust or paper.")] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="How to test: speaker-disjoint, paper (clips mixed), both (one model each), "
            "official (the corpus's own split), or folds (cross-validation over speakers)."
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            help="Number of folds, with one model each, in which every speaker is tested."
        ),
    ] = None,
    layout: Layout = None,
    label: Label = None,
    speaker: Speaker = None,
    speaker_pattern: SpeakerPattern = None,
    labels: Only = None,
    rate: Annotated[
        int | None,
        typer.Option(help="Hz to resample to, a multiple of 4,000; 8000 if left out."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the split and the training.")] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda, or auto: a GPU if there is one.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Largest number of epochs.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Clips in a batch.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Adam's.")] = None,
    crop: Annotated[
        float | None,
        typer.Option(help="Seconds of the random excerpts to train on; 0 for whole clips."),
    ] = None,
    changed: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Change the recipe, such as sharpness=4 or anneal=yes. Can be repeated. NAME: "
            f"{', '.join(recipe_options.NAMES)}.",
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="The model's title on the page.")] = None,
    plan: Annotated[
        Path | None,
        typer.Option(help="A plan.json to take all of the above from; --out is its folder."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume the run in --out, even one stopped on request.")
    ] = False,
    cache: Cache = None,
) -> None:
    """Train a model, score it on clips that it did not learn from, and write a report.

    The run can be killed at any moment; the same command resumes it. The model is written to
    OUT/model.safetensors, the report to OUT/report.
    """
    from cabcnn import schema
    from cabcnn.cli.progress import show_progress
    from cabcnn.memory import keep_freed_memory
    from cabcnn.reports import run
    from cabcnn.runs import plan as plans
    from cabcnn.runs.clips import CORPUS
    from cabcnn.runs.run import MODEL, carry_out, leads

    given = {
        "seconds": seconds, "recipe": recipe, "protocol": protocol, "folds": folds,
        "layout": layout, "label": label, "speaker": speaker, "speaker-pattern": speaker_pattern,
        "only": labels, "rate": rate, "seed": seed, "epochs": epochs, "batch-size": batch_size,
        "learning-rate": learning_rate, "crop": crop, "set": changed, "title": title,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    if corpus is None:
        if plan is None and not (resume and out is not None):
            raise CabcnnError(
                "There is nothing to train on: give a corpus, --plan with its file, or --resume "
                "with --out."
            )
        if given:
            raise CabcnnError(
                f"The plan decides on --{next(iter(given))} already; leave it out, or give a "
                "corpus to start a new run."
            )
        source = plan or out
        assert source is not None
        run_plan = plans.read(source)
        folder = out or (source if source.is_dir() else source.parent)
    elif out is None or plan is not None:
        raise CabcnnError("A run needs a corpus and --out, the folder to keep it in, or a --plan.")
    else:
        run_plan, folder = _make_plan(corpus, out, given), out
    if device is not None:
        run_plan = plans.on_device(run_plan, device)
    keep_freed_memory()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # handled like Ctrl-C
    try:
        with show_progress() as on_event:
            outcome = carry_out(
                run_plan, folder, on_event=on_event, report=run.write, cache=cache, resume=resume
            )
    except KeyboardInterrupt:
        write_line(f"Interrupted; to resume it, use --resume --out {folder}.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if not leads():
        return
    if outcome is None:
        write_line(f"{folder} is finished already; --resume would continue a stopped run.")
    else:
        for problem in schema.read(folder / CORPUS, "train again")["problems"]:
            write_note(problem["sentence"], problem["details"])
        write_line(f"{folder / MODEL}: {outcome.card.score()}")


def _make_plan(corpus: str, out: Path, given: dict[str, Any]) -> Any:
    """The plan that the options describe."""
    from cabcnn.runs.plan import Options, Plan
    from cabcnn.training.recipe import RECIPES

    name = given.get("recipe", "robust")
    if name not in RECIPES:
        raise CabcnnError(f"There is no recipe {name!r}; choose one of {', '.join(RECIPES)}.")
    changed = recipe_options.read(given.get("set", ()))
    for option, field in RECIPE_OPTIONS.items():
        if option in given:
            if field in changed:
                raise CabcnnError(f"--{option} and --set {field} are the same; leave one out.")
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
        # absolute, so that the run can be resumed from another folder
        corpus=str(Path(corpus).resolve()) if Path(corpus).exists() else corpus,
        name=out.resolve().name,
        layout=given.get("layout"),
        options=Options(**{k: v for k, v in options.items() if v is not None}),
        seconds=given.get("seconds", recipe["seconds"]),
        recipe=recipe,
        protocol=protocol,
        folds=given.get("folds", 5),
        rate=given.get("rate", Plan.rate),
        seed=given.get("seed", 0),
        title=given.get("title", ""),
    )
