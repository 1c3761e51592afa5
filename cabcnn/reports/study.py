"""A study's report: the paper's tables beside ours in the same form, in Markdown and HTML, and a
picture of what hearing less costs."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cabcnn import files
from cabcnn.export.canvas import INK, MAIN, QUIET, hide_spines, new_figure, save_figure
from cabcnn.reports.study_tables import Table, tables
from cabcnn.study import results
from cabcnn.study.claims import claims, cut_off, one_class
from cabcnn.study.grid import MASKED, OURS
from cabcnn.study.results import Group, title_of
from cabcnn.study.rivals import PATIENCE

PICTURE = "seconds.png"


def write(folder: Path) -> list[Group]:
    """Writes results.csv, first_seconds.csv, report.md, report.html and the picture of a study's
    folder; returns what is in it.

    Raises CabcnnError where nothing is finished, a result is damaged or the disk is full.
    """
    about, found = results.study(folder), results.groups(folder)
    results.write_tables(found, folder)
    drawn = _draw(found, folder / PICTURE)
    shown = [table for table in tables(found, about) if table.rows]
    opening, held = _opening(about, found), [*one_class(found), *cut_off(found), *claims(found)]
    files.write(folder / "report.md", _markdown(opening, held, shown, drawn))
    files.write(folder / "report.html", _html(opening, held, shown, drawn))
    return found


def _opening(about: dict[str, Any], found: Sequence[Group]) -> list[str]:
    devices = sorted({run["device"] for group in found for run in group.runs})
    trained = sum(len(group.runs) for group in found)
    capped = [title_of(group) for group in found if group.capped]
    return [
        f"Corpus: {about['corpus']}. {trained} models trained, on: {', '.join(devices)}.",
        _split(about, found),
        f"Each training ends after {PATIENCE} epochs without a lower validation loss."
        + (
            f" Cut off before that, and might have gone on to learn: {'; '.join(capped)}. The "
            "table of costs says after how many epochs."
            if capped
            else ""
        ),
    ]


def _split(about: dict[str, Any], found: Sequence[Group]) -> str:
    """How the clips were dealt out, in numbers: by speakers it is never 60/10/30 exactly."""
    how = {
        "paper": "of the clips, mixed as in the paper: a voice may be on both sides",
        "speaker-disjoint": "by speakers: tested on voices that were not learned from",
    }[about["protocol"]]
    counts = about.get("clips")  # results of an earlier version do not tell it
    if counts is None:
        return f"Split: {how}; the same in all runs. {len(found[0].runs[0]['clips'])} test clips."
    voices = about.get("voices") or ["an unknown number of"] * 3
    learned, validated, tested = (
        f"{clips} of {heard} voice{'' if heard == 1 else 's'}"
        for clips, heard in zip(counts, voices, strict=True)
    )
    return (
        f"Split {how}; the same in all runs. Clips learned from: {learned}; validated: "
        f"{validated}; tested: {tested}."
    )


def _draw(found: Sequence[Group], path: Path) -> bool:
    """Draws the recall against the seconds heard; returns whether there was anything to draw."""
    ours = [g for g in found if g.model in (OURS, MASKED) and len(g.by_seconds) > 1]
    if not ours:
        return False
    figure = new_figure(6.4, 3.6)
    axes = figure.subplots()
    colours = [MAIN, "#d9730d", "#3d8b5f", "#7a4fa3", INK, QUIET, "#b5462a", "#557a9e"]
    for place, group in enumerate(ours):
        heard = group.by_seconds
        name = f"{'cut batches' if group.model == OURS else 'masked'}, T = {group.seconds:g} s"
        style = "-" if group.model == OURS else "--"
        axes.plot(
            [float(t) for t in heard], list(heard.values()), style,
            color=colours[place % len(colours)], label=name, marker="o", markersize=3,
        )  # fmt: skip
    axes.set_xlabel("first seconds heard in the test")
    axes.set_ylabel("unweighted recall")
    axes.legend(fontsize=7, frameon=False)
    hide_spines(axes)
    save_figure(figure, path)
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
