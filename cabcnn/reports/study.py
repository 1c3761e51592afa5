"""A study's report in Markdown and HTML: the paper's tables next to the study's, and a picture of
the recall from the first seconds."""

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
from cabcnn.study.train_baseline import PATIENCE

PICTURE = "seconds.png"
PICTURE_TITLE = "Recall by seconds of sound"


def write(folder: Path) -> list[Group]:
    """Writes results.csv, first_seconds.csv, report.md, report.html and the picture to a study's
    folder; returns its results.

    Raises CabcnnError if nothing is finished, a result is damaged or a file can't be written.
    """
    about, groups = results.study(folder), results.groups(folder)
    results.write_tables(groups, folder)
    has_picture = _draw(groups, folder / PICTURE)
    filled = [table for table in tables(groups, about) if table.rows]
    opening, sentences = (
        _opening(about, groups),
        [*one_class(groups), *cut_off(groups), *claims(groups)],
    )
    files.write(folder / "report.md", _markdown(opening, sentences, filled, has_picture))
    files.write(folder / "report.html", _html(opening, sentences, filled, has_picture))
    return groups


def _opening(about: dict[str, Any], groups: Sequence[Group]) -> list[str]:
    devices = sorted({run["device"] for group in groups for run in group.runs})
    trained = sum(len(group.runs) for group in groups)
    capped = [title_of(group) for group in groups if group.capped]
    return [
        f"Corpus: {about['corpus']}. {trained} models trained, on: {', '.join(devices)}.",
        _split(about, groups),
        f"Each training ends after {PATIENCE} epochs without a lower validation loss."
        + (
            f" Cut off before that, and might have improved: {'; '.join(capped)}. The table of "
            "costs says after how many epochs."
            if capped
            else ""
        ),
    ]


def _split(about: dict[str, Any], groups: Sequence[Group]) -> str:
    """The split in numbers: by speakers it is never exactly 60/10/30."""
    how = {
        "paper": "of clips, mixed as in the paper: a speaker may be in training and test",
        "speaker-disjoint": "by speakers: tested on speakers that were not trained on",
    }[about["protocol"]]
    counts = about.get("clips")  # missing from results of an earlier version
    if counts is None:
        return f"Split: {how}; the same in all runs. {len(groups[0].runs[0]['clips'])} test clips."
    speaker_counts = about.get("voices") or ["an unknown number of"] * 3
    training, validation, test = (
        f"{clips} of {speakers} speaker{'' if speakers == 1 else 's'}"
        for clips, speakers in zip(counts, speaker_counts, strict=True)
    )
    return (
        f"Split {how}; the same in all runs. Clips: {training} for training, {validation} for "
        f"validation, {test} for testing."
    )


def _draw(groups: Sequence[Group], path: Path) -> bool:
    """Draws recall by seconds of sound; returns whether there was anything to draw."""
    ours = [g for g in groups if g.model in (OURS, MASKED) and len(g.by_seconds) > 1]
    if not ours:
        return False
    figure = new_figure(6.4, 3.6)
    axes = figure.subplots()
    colours = [MAIN, "#d9730d", "#3d8b5f", "#7a4fa3", INK, QUIET, "#b5462a", "#557a9e"]
    for index, group in enumerate(ours):
        recalls = group.by_seconds
        name = f"{'truncated' if group.model == OURS else 'masked'}, T = {group.seconds:g} s"
        style = "-" if group.model == OURS else "--"
        axes.plot(
            [float(t) for t in recalls], list(recalls.values()), style,
            color=colours[index % len(colours)], label=name, marker="o", markersize=3,
        )  # fmt: skip
    axes.set_xlabel("seconds of sound from the start of each test clip")
    axes.set_ylabel("unweighted recall")
    axes.legend(fontsize=7, frameon=False)
    hide_spines(axes)
    save_figure(figure, path)
    return True


def _markdown(
    opening: Sequence[str], sentences: Sequence[str], tables: Sequence[Table], has_picture: bool
) -> str:
    lines = ["# The study", "", *opening, "", "## The paper's claims", ""]
    lines += [f"- {sentence}" for sentence in sentences]
    for table in tables:
        lines += ["", f"## {table.title}", "", _line(table.head), _line(["---"] * len(table.head))]
        lines += [_line(row) for row in table.rows]
        if table.remark:
            lines += ["", table.remark]
    if has_picture:
        lines += [
            "",
            "## Recall by seconds of sound",
            "",
            f"![Recall by seconds of sound]({PICTURE})",
        ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _html(
    opening: Sequence[str], sentences: Sequence[str], tables: Sequence[Table], has_picture: bool
) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"

    parts = ["<h1>The study</h1>", *(f"<p>{html.escape(line)}</p>" for line in opening)]
    parts.append("<h2>The paper's claims</h2><ul>")
    parts += [f"<li>{html.escape(sentence)}</li>" for sentence in sentences]
    parts.append("</ul>")
    for table in tables:
        body = "".join(cells(row, "td") for row in table.rows)
        parts.append(
            f"<h2>{html.escape(table.title)}</h2><table><thead>{cells(table.head, 'th')}</thead>"
            f"<tbody>{body}</tbody></table><p>{html.escape(table.remark)}</p>"
        )
    if has_picture:
        parts.append(
            f'<h2>Recall by seconds of sound</h2><img src="{PICTURE}" alt="Recall by seconds">'
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
