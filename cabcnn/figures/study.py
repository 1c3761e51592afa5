"""A study's report: the paper's tables beside ours in the same form, in Markdown and HTML, and a
picture of what hearing less costs."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cabcnn.baselines import RIVALS
from cabcnn.figures.canvas import INK, MAIN, QUIET, new, open_corner, save
from cabcnn.metrics import Scores
from cabcnn.study import paper, results
from cabcnn.study.claims import claims, cut_off, one_class
from cabcnn.study.grid import LARGE, MASKED, OURS, UNIFORM, count_of
from cabcnn.study.results import Group, title_of
from cabcnn.study.rivals import PATIENCE
from cabcnn.study.significance import compare
from cabcnn.training import whole

PICTURE = "seconds.png"
SCORES = ("accuracy", "unweighted recall", "macro F1")
LEAST_P = 0.001


class Table(NamedTuple):
    """A title, a head, rows of as many cells, and a remark below, if any."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    remark: str = ""


def write(folder: Path) -> list[Group]:
    """Writes results.csv, report.md, report.html and the picture of a study's folder; returns
    what is in it.

    Raises CabcnnError where nothing is finished, a result is damaged or the disk is full.
    """
    about, found = results.study(folder), results.groups(folder)
    results.write_table(found, folder)
    drawn = _draw(found, folder / PICTURE)
    tables = [table for table in _tables(found, about) if table.rows]
    opening, held = _opening(about, found), [*one_class(found), *cut_off(found), *claims(found)]
    whole.write(folder / "report.md", _markdown(opening, held, tables, drawn))
    whole.write(folder / "report.html", _html(opening, held, tables, drawn))
    return found


def _opening(about: dict[str, Any], found: Sequence[Group]) -> list[str]:
    devices = sorted({run["device"] for group in found for run in group.runs})
    trained = sum(len(group.runs) for group in found)
    split = {
        "paper": "60/10/30 of the clips, mixed as in the paper: a voice may be on both sides",
        "speaker-disjoint": "60/10/30 by speakers: tested on voices that were not learned from",
    }[about["protocol"]]
    capped = [title_of(group) for group in found if group.capped]
    return [
        f"Corpus: {about['corpus']}. {trained} models trained, on: {', '.join(devices)}.",
        f"Split: {split}; the same in all runs. {len(found[0].runs[0]['clips'])} test clips.",
        f"Each training ends after {PATIENCE} epochs without a lower validation loss."
        + (
            f" Cut off before that, and might have gone on to learn: {', '.join(capped)}; the "
            "table of costs says after how many epochs."
            if capped
            else ""
        ),
    ]


def _tables(found: Sequence[Group], about: dict[str, Any]) -> list[Table]:
    ours = [group for group in found if group.model == OURS]
    best = max(ours, key=lambda g: g.mean_scores.unweighted_recall) if ours else None
    rivals = [group for group in found if group.model in RIVALS]
    compared = [*rivals, *([best] if best else [])]
    masked = [group for group in found if group.model == MASKED]
    parts = [group for group in found if group.model in (UNIFORM, LARGE)]
    counts = [group for group in found if count_of(group.model)]
    return [
        _scores("Best run of each network (the paper's Table 3)", compared, paper.BEST, True),
        _scores("CAB-CNN by T, best run (the paper's Table 4)", ours, paper.BEST, True),
        _scores("Mean of all runs (the paper's Table 7)", compared, paper.MEAN, False),
        _costs(found),
        _significance(best, [*rivals, *masked, *parts, *counts], about),
        _scores("Cut batches against exact masking, mean", _pairs(ours, masked), {}, False),
        _scores(
            "Does the attention earn its keep? Mean",
            [*[g for g in masked if parts and g.seconds == parts[0].seconds], *parts],
            {},
            False,
        ),
        _scores("Number of classifiers, mean", _by_count(masked, counts), {}, False),
        *(_confusion(group, about) for group in compared),
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


def _scores(
    title: str,
    found: Sequence[Group],
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
            theirs = printed.get((group.model, group.seconds))
            if theirs is None and group.model in RIVALS:  # the paper names no T for images
                theirs = printed.get((group.model, 30))
            row += ["", "", ""] if theirs is None else [f"{value:.4f}" for value in theirs]
        rows.append(row)
    remark = "The best run is chosen by the test clips, as in the paper: too high." if best else ""
    if printed:
        remark += " The paper's numbers are of UT-Podcast, another corpus unless this is it."
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


def _significance(best: Group | None, others: Sequence[Group], about: dict[str, Any]) -> Table:
    head = ("against", "difference of recall", "95 % interval", "McNemar's p, best runs")
    if best is None:
        return Table("", head, [])
    rows = []
    speakers = about.get("test_speakers") or [""] * len(best.runs[0]["labels"])
    for other in others:
        found = compare(
            best.right,
            other.right,
            np.array(best.runs[0]["labels"]),
            speakers,
            (best.best, other.best),
        )
        edges = found.interval
        p = f"< {LEAST_P}" if found.p < LEAST_P else f"{found.p:.3f}"
        rows.append(
            [
                title_of(other),
                f"{found.mean:+.4f}",
                "" if edges is None else f"{edges.low:+.4f} to {edges.high:+.4f}",
                p,
            ]
        )
    return Table(
        f"{title_of(best)} against the others, on the same test clips",
        head,
        rows,
        "The interval is over the test speakers; what other trainings would give it can't tell.",
    )


def _confusion(group: Group, about: dict[str, Any]) -> Table:
    labels = about["labels"]
    run = group.runs[group.best]
    rows = [
        [label, *map(str, counts)] for label, counts in zip(labels, run["confusion"], strict=True)
    ]
    theirs = paper.CONFUSION.get((group.model, group.seconds))
    remark = "Rows actual, columns predicted."
    if theirs is not None and about["corpus"] == "ut-podcast":
        remark += f" The paper's, in the order {', '.join(paper.LABELS)}: {theirs}."
    return Table(
        f"{title_of(group)}: which is taken for which, best run", ["", *labels], rows, remark
    )


def _draw(found: Sequence[Group], path: Path) -> bool:
    """Draws the recall against the seconds heard; returns whether there was anything to draw."""
    ours = [g for g in found if g.model in (OURS, MASKED) and g.runs[0].get("by_seconds")]
    ours = [group for group in ours if len(group.runs[0]["by_seconds"]) > 1]
    if not ours:
        return False
    figure = new(6.4, 3.6)
    axes = figure.subplots()
    colours = [MAIN, "#d9730d", "#3d8b5f", "#7a4fa3", INK, QUIET, "#b5462a", "#557a9e"]
    for place, group in enumerate(ours):
        heard = list(group.runs[0]["by_seconds"])
        recall = [np.mean([run["by_seconds"][t] for run in group.runs]) for t in heard]
        name = f"{'cut batches' if group.model == OURS else 'masked'}, T = {group.seconds:g} s"
        style = "-" if group.model == OURS else "--"
        axes.plot(
            [float(t) for t in heard], recall, style, color=colours[place % len(colours)],
            label=name, marker="o", markersize=3,
        )  # fmt: skip
    axes.set_xlabel("first seconds heard in the test")
    axes.set_ylabel("unweighted recall")
    axes.legend(fontsize=7, frameon=False)
    open_corner(axes)
    save(figure, path)
    return True


def _markdown(
    opening: Sequence[str], held: Sequence[str], tables: Sequence[Table], drawn: bool
) -> str:
    lines = ["# The study", "", *opening, "", "## Which of the paper's claims held", ""]
    lines += [f"- {sentence}" for sentence in held]
    for table in tables:
        lines += ["", f"## {table.title}", "", _line(table.head), _line(["---"] * len(table.head))]
        lines += [_line(row) for row in table.rows]
        if table.remark:
            lines += ["", table.remark]
    if drawn:
        lines += ["", "## What hearing less costs", "", f"![Recall by seconds heard]({PICTURE})"]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _html(opening: Sequence[str], held: Sequence[str], tables: Sequence[Table], drawn: bool) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"

    parts = ["<h1>The study</h1>", *(f"<p>{html.escape(line)}</p>" for line in opening)]
    parts.append("<h2>Which of the paper's claims held</h2><ul>")
    parts += [f"<li>{html.escape(sentence)}</li>" for sentence in held]
    parts.append("</ul>")
    for table in tables:
        body = "".join(cells(row, "td") for row in table.rows)
        parts.append(
            f"<h2>{html.escape(table.title)}</h2><table><thead>{cells(table.head, 'th')}</thead>"
            f"<tbody>{body}</tbody></table><p>{html.escape(table.remark)}</p>"
        )
    if drawn:
        parts.append(
            f'<h2>What hearing less costs</h2><img src="{PICTURE}" alt="Recall by seconds">'
        )
    style = (
        "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;display:block;overflow-x:auto}"
        "td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:left}"
        "img{max-width:100%}"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The study</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style></head><body>{''.join(parts)}</body></html>\n"
    )
