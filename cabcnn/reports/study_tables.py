"""The tables of a study's report: the paper's 3 to 7 in its own form, what the networks cost, and
what else was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cabcnn.baselines import RIVALS
from cabcnn.metrics import Scores
from cabcnn.study import paper
from cabcnn.study.grid import LARGE, MASKED, OURS, UNIFORM, count_of
from cabcnn.study.results import Group, compared, title_of
from cabcnn.study.significance import LEAST_SPEAKERS, compare

SCORES = ("accuracy", "unweighted recall", "macro F1")
TABLE_5 = ("vgg11-a", "attention-cnn")  # the rivals whose matrices the paper shows
LEAST_P = 0.001


class Table(NamedTuple):
    """A title, a head, rows of as many cells, and a remark below, if any."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    remark: str = ""


def tables(found: Sequence[Group], about: dict[str, Any]) -> list[Table]:
    """All tables of a study, those without rows too; `about` is what study.json says of it."""
    ours = [group for group in found if group.model == OURS]
    own = compared(found)
    rivals = [group for group in found if group.model in RIVALS]
    listed = [*rivals, *([own] if own else [])]
    masked = [group for group in found if group.model == MASKED]
    parts = [group for group in found if group.model in (UNIFORM, LARGE)]
    counts = [group for group in found if count_of(group.model)]
    return [
        _scores("Table 3: best run of each network", listed, about, paper.BEST, True),
        _scores("Table 4: CAB-CNN by T, best run", ours, about, paper.BEST, True),
        _scores("Table 7: mean of all runs", listed, about, paper.MEAN, False),
        _costs(found),
        *_significance(own, rivals, masked, [*parts, *counts], about),
        _scores("Cut batches against exact masking, mean", _pairs(ours, masked), about, {}, False),
        _scores(
            "Does the attention earn its keep? Mean",
            [*[g for g in masked if parts and g.seconds == parts[0].seconds], *parts],
            about,
            {},
            False,
        ),
        _scores("Number of classifiers, mean", _by_count(masked, counts), about, {}, False),
        _first_seconds(found, about),
        *(table for group in rivals for table in _confusion(group, about)),
        *(table for group in ours for table in _confusion(group, about)),
    ]


def _pairs(ours: Sequence[Group], masked: Sequence[Group]) -> list[Group]:
    """CAB-CNN and its masked twin, at each T at which there are both."""
    both = {g.seconds for g in ours} & {g.seconds for g in masked}
    return [group for group in (*ours, *masked) if group.seconds in both]


def _by_count(masked: Sequence[Group], counts: Sequence[Group]) -> list[Group]:
    if not counts:
        return []
    forty = [group for group in masked if group.seconds == counts[0].seconds]
    return sorted([*counts, *forty], key=lambda group: count_of(group.model) or 40)


def _key(group: Group) -> tuple[str, float]:
    """What the paper's numbers are found by: it names no T for the rivals, here it is 30."""
    return group.model, 30 if group.model in RIVALS else group.seconds


def _whose(about: dict[str, Any]) -> str:
    other = "as ours are" if paper.is_its_corpus(about) else "another corpus"
    return f"The paper's numbers are of UT-Podcast, {other}."


def _scores(
    title: str,
    found: Sequence[Group],
    about: dict[str, Any],
    printed: dict[tuple[str, float], Scores],
    best: bool,
) -> Table:
    head = ["network", "runs", *SCORES, "spread of recall"]
    if printed:
        head += [f"paper: {name}" for name in SCORES]
    rows = []
    for group in found:
        own = group.best_scores if best else group.mean_scores
        spread = "" if group.spread is None else f"{group.spread:.4f}"
        row = [title_of(group), str(len(group.runs)), *(f"{value:.4f}" for value in own), spread]
        if printed:
            theirs = printed.get(_key(group))
            row += ["", "", ""] if theirs is None else [f"{value:.4f}" for value in theirs]
        rows.append(row)
    remark = "The best run is chosen by the test clips, as in the paper: too high." if best else ""
    if printed:
        remark += f" {_whose(about)}"
    return Table(title, head, rows, remark.strip())


def _costs(found: Sequence[Group]) -> Table:
    rows = [
        [
            title_of(group),
            f"{group.runs[0]['parameters']:,}",
            f"{group.score('epochs').mean():.1f}"
            + (f", {group.capped} cut off" if group.capped else ""),
            f"{group.score('training_seconds').mean():,.0f}",
            f"{np.median(group.score('clip_milliseconds')):.1f}",
            ", ".join(sorted({run["device"] for run in group.runs})),
        ]
        for group in found
    ]
    head = ("network", "parameters", "epochs", "training, s", "one clip, ms", "device")
    remark = "One clip: median, from values or a spectrogram in memory to the answer."
    return Table("What they cost", head, rows, remark)


def _significance(
    own: Group | None,
    rivals: Sequence[Group],
    masked: Sequence[Group],
    variants: Sequence[Group],
    about: dict[str, Any],
) -> list[Table]:
    """CAB-CNN against the rivals and its masked twin, and the twin against the variants, which
    differ from it in one thing each; from CAB-CNN, which cuts its batches, in two."""
    found = []
    twin = next((g for g in masked if variants and g.seconds == variants[0].seconds), None)
    if own is not None:
        alone = [] if twin else variants
        found.append(_against(own, [*rivals, *masked, *alone], about))
    if twin is not None:
        found.append(_against(twin, variants, about))
    return found


def _against(own: Group, others: Sequence[Group], about: dict[str, Any]) -> Table:
    head = ("against", "difference of recall", "95 % interval", "McNemar's p, best runs")
    labels = np.array(own.runs[0]["labels"])
    speakers = about.get("test_speakers") or [""] * len(labels)
    rows = []
    for other in others:
        found = compare(own.right, other.right, labels, speakers, (own.best, other.best))
        edges = found.interval
        rows.append(
            [
                title_of(other),
                f"{found.mean:+.4f}",
                "" if edges is None else f"{edges.low:+.4f} to {edges.high:+.4f}",
                f"< {LEAST_P}" if found.p < LEAST_P else f"{found.p:.3f}",
            ]
        )
    voices = len({speaker or place for place, speaker in enumerate(speakers)})
    remark = (
        f"The interval is over the {voices} test speakers, a clip of an unknown one counting as a "
        "speaker of its own; of a handful it is too narrow, and what other trainings would give "
        f"it can't tell. There is none where fewer than {LEAST_SPEAKERS} were tested or a label "
        "is one speaker's, since so few, drawn again and again, can't tell how others would have "
        "done, nor where two networks answered alike. McNemar's p takes clips of one voice for "
        "independent, which they are not, and is not corrected for how many there are."
    )
    return Table(f"{title_of(own)} against the others, on the same test clips", head, rows, remark)


def _first_seconds(found: Sequence[Group], about: dict[str, Any]) -> Table:
    """Recall when only the first t seconds of each test clip are heard, mean over the runs."""
    heard = {title_of(group): group.by_seconds for group in found if group.by_seconds}
    steps = sorted({t for means in heard.values() for t in means}, key=float)
    rows = [
        [title, *(f"{means[t]:.4f}" if t in means else "" for t in steps)]
        for title, means in heard.items()
    ]
    lengths = about.get("test_seconds")
    if rows and lengths:
        longer = [str(sum(length > float(t) for length in lengths)) for t in steps]
        rows.append([f"of {len(lengths)} test clips last longer", *longer])
    remark = (
        "Mean over the runs, up to the T that a network was trained with. Where clips have ended "
        "before, or a network says the same whatever it hears, nothing can change."
    )
    return Table(
        "Unweighted recall from the first t seconds of each test clip",
        ["network", *(f"{t} s" for t in steps)],
        rows,
        remark,
    )


def _confusion(group: Group, about: dict[str, Any]) -> list[Table]:
    """Ours of the best run, with the paper's beside it, or below where the classes are others."""
    labels: list[str] = about["labels"]
    if set(labels) == set(paper.LABELS):
        labels = list(paper.LABELS)
    order = [about["labels"].index(label) for label in labels]
    counts = np.array(group.runs[group.best]["confusion"])[np.ix_(order, order)]
    number = "Table 6: " if group.model == OURS else "Table 5: " if group.model in TABLE_5 else ""
    title = f"{number}{title_of(group)}: which is taken for which, best run"
    rows = [[label, *map(str, row)] for label, row in zip(labels, counts.tolist(), strict=True)]
    theirs = paper.CONFUSION.get(_key(group))
    remark = "Rows actual, columns predicted."
    if theirs is None:
        return [Table(title, ["", *labels], rows, remark)]
    if labels != list(paper.LABELS):
        own = [[name, *map(str, row)] for name, row in zip(paper.LABELS, theirs, strict=True)]
        below = f"{number}{title_of(group)}: the paper's, on UT-Podcast"
        return [
            Table(title, ["", *labels], rows, remark),
            Table(below, ["", *paper.LABELS], own, f"{remark} {_whose(about)}"),
        ]
    rows = [[*row, *map(str, printed)] for row, printed in zip(rows, theirs, strict=True)]
    head = ["", *labels, *(f"paper: {label}" for label in labels)]
    return [Table(title, head, rows, f"{remark} {_whose(about)}")]
