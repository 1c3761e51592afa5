"""The tables of a study's report: the paper's Tables 3 to 7, the cost of each network, and further
comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cabcnn.baselines import BASELINES
from cabcnn.metrics import Scores, speaker_indices
from cabcnn.study import paper
from cabcnn.study.grid import LARGE, MASKED, OURS, UNIFORM, count_of
from cabcnn.study.results import Group, compared, title_of
from cabcnn.study.significance import MIN_SPEAKERS, compare

SCORES = ("accuracy", "unweighted recall", "macro F1")
TABLE_5 = ("vgg11-a", "attention-cnn")  # the baselines whose matrices the paper shows
MIN_P = 0.001


class Table(NamedTuple):
    """A title, a header, rows with as many cells, and a remark below, if any."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    remark: str = ""


def tables(groups: Sequence[Group], about: dict[str, Any]) -> list[Table]:
    """All tables of a study, also empty ones; `about` is the content of study.json."""
    ours = [group for group in groups if group.model == OURS]
    own = compared(groups)
    baselines = [group for group in groups if group.model in BASELINES]
    listed = [*baselines, *([own] if own else [])]
    masked = [group for group in groups if group.model == MASKED]
    parts = [group for group in groups if group.model in (UNIFORM, LARGE)]
    counts = [group for group in groups if count_of(group.model)]
    return [
        _scores("Table 3: best run of each network", listed, about, paper.BEST, True),
        _scores("Table 4: CAB-CNN by T, best run", ours, about, paper.BEST, True),
        _scores("Table 7: mean of all runs", listed, about, paper.MEAN, False),
        _costs(groups),
        *_significance(own, baselines, masked, [*parts, *counts], about),
        _scores(
            "Truncated batches against exact masking, mean", _pairs(ours, masked), about, {}, False
        ),
        _scores(
            "With and without attention, mean",
            [*[g for g in masked if parts and g.seconds == parts[0].seconds], *parts],
            about,
            {},
            False,
        ),
        _scores("Number of classifiers, mean", _by_count(masked, counts), about, {}, False),
        _first_seconds(groups, about),
        *(table for group in baselines for table in _confusion(group, about)),
        *(table for group in ours for table in _confusion(group, about)),
    ]


def _pairs(ours: Sequence[Group], masked: Sequence[Group]) -> list[Group]:
    """CAB-CNN and its masked variant, at each T at which there are both."""
    both = {g.seconds for g in ours} & {g.seconds for g in masked}
    return [group for group in (*ours, *masked) if group.seconds in both]


def _by_count(masked: Sequence[Group], counts: Sequence[Group]) -> list[Group]:
    if not counts:
        return []
    forty = [group for group in masked if group.seconds == counts[0].seconds]
    return sorted([*counts, *forty], key=lambda group: count_of(group.model) or 40)


def _key(group: Group) -> tuple[str, float]:
    """The key of the paper's numbers, which name no T for the baselines: here it is 30."""
    return group.model, 30 if group.model in BASELINES else group.seconds


def _whose(about: dict[str, Any]) -> str:
    other = "as is this study" if paper.is_its_corpus(about) else "another corpus"
    return f"The paper's numbers are on UT-Podcast, {other}."


def _scores(
    title: str,
    groups: Sequence[Group],
    about: dict[str, Any],
    printed: dict[tuple[str, float], Scores],
    best: bool,
) -> Table:
    head = ["network", "runs", *SCORES, "spread of recall"]
    if printed:
        head += [f"paper: {name}" for name in SCORES]
    rows = []
    for group in groups:
        own = group.best_scores if best else group.mean_scores
        spread = "" if group.spread is None else f"{group.spread:.4f}"
        row = [title_of(group), str(len(group.runs)), *(f"{value:.4f}" for value in own), spread]
        if printed:
            theirs = printed.get(_key(group))
            row += ["", "", ""] if theirs is None else [f"{value:.4f}" for value in theirs]
        rows.append(row)
    remark = (
        "The best run is chosen on the test clips, as in the paper, so its scores are too high."
        if best
        else ""
    )
    if printed:
        remark += f" {_whose(about)}"
    return Table(title, head, rows, remark.strip())


def _costs(groups: Sequence[Group]) -> Table:
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
        for group in groups
    ]
    head = ("network", "parameters", "epochs", "training, s", "one clip, ms", "device")
    remark = "One clip: median, from values or a spectrogram in memory to the probabilities."
    return Table("Costs", head, rows, remark)


def _significance(
    own: Group | None,
    baselines: Sequence[Group],
    masked: Sequence[Group],
    variants: Sequence[Group],
    about: dict[str, Any],
) -> list[Table]:
    """CAB-CNN against the baselines and masked CAB-CNN, and masked CAB-CNN against the variants,
    which differ from it in one thing, and from CAB-CNN, which truncates its batches, in two."""
    comparisons = []
    reference = next((g for g in masked if variants and g.seconds == variants[0].seconds), None)
    if own is not None:
        rest = [] if reference else variants
        comparisons.append(_against(own, [*baselines, *masked, *rest], about))
    if reference is not None:
        comparisons.append(_against(reference, variants, about))
    return comparisons


def _against(own: Group, others: Sequence[Group], about: dict[str, Any]) -> Table:
    head = ("against", "difference of recall", "95 % interval", "McNemar's p, best runs")
    labels = np.array(own.runs[0]["labels"])
    speakers = about.get("test_speakers") or [""] * len(labels)
    rows = []
    for other in others:
        result = compare(own.right, other.right, labels, speakers, (own.best, other.best))
        interval = result.interval
        rows.append(
            [
                title_of(other),
                f"{result.mean:+.4f}",
                "" if interval is None else f"{interval.low:+.4f} to {interval.high:+.4f}",
                f"< {MIN_P}" if result.p < MIN_P else f"{result.p:.3f}",
            ]
        )
    count, _ = speaker_indices(speakers)
    remark = (
        f"The interval is over the {count} test speakers, with each clip of an unknown speaker "
        "counted as one of its own; with a handful of speakers it is too narrow, and it does not "
        f"cover what other trainings would give. There is none for fewer than {MIN_SPEAKERS} test "
        "speakers, if a label has only one, or if two networks gave the same answers. McNemar's p "
        "treats clips of one speaker as independent, which they are not, and is not corrected for "
        "multiple comparisons."
    )
    return Table(f"{title_of(own)} against the others, on the same test clips", head, rows, remark)


def _first_seconds(groups: Sequence[Group], about: dict[str, Any]) -> Table:
    """Recall from the first t seconds of each test clip, mean over the runs."""
    recalls = {title_of(group): group.by_seconds for group in groups if group.by_seconds}
    steps = sorted({t for means in recalls.values() for t in means}, key=float)
    rows = [
        [title, *(f"{means[t]:.4f}" if t in means else "" for t in steps)]
        for title, means in recalls.items()
    ]
    lengths = about.get("test_seconds")
    if rows and lengths:
        longer = [str(sum(length > float(t) for length in lengths)) for t in steps]
        rows.append([f"of {len(lengths)} test clips last longer", *longer])
    remark = (
        "Mean over the runs, up to the T that a network was trained with. Nothing changes beyond "
        "the end of a clip, or if a network predicts the same class for all clips."
    )
    return Table(
        "Unweighted recall from the first t seconds of each test clip",
        ["network", *(f"{t} s" for t in steps)],
        rows,
        remark,
    )


def _confusion(group: Group, about: dict[str, Any]) -> list[Table]:
    """The best run's confusion matrix, with the paper's beside it or, for other classes, below."""
    labels: list[str] = about["labels"]
    if set(labels) == set(paper.LABELS):
        labels = list(paper.LABELS)
    order = [about["labels"].index(label) for label in labels]
    counts = np.array(group.runs[group.best]["confusion"])[np.ix_(order, order)]
    number = "Table 6: " if group.model == OURS else "Table 5: " if group.model in TABLE_5 else ""
    title = f"{number}{title_of(group)}: confusion matrix, best run"
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
