"""The result of a run as HTML: how good the model is, and where it errs."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from cabcnn import checkpoint, schema
from cabcnn.errors import CabcnnError
from cabcnn.runs.clips import CLIPS
from cabcnn.runs.queue import Job
from cabcnn.runs.run import MODEL
from cabcnn.ui import about

RELIABILITY = "reliability.png"


def stamp(job: Job) -> tuple[str, int] | None:
    """Changes with the result of a run; None if it has none yet."""
    if not job.has_model:
        return None
    return job.name, (job.folder / MODEL).stat().st_mtime_ns


def to_html(job: Job) -> str:
    """The result of a job that has a model, with the score to quote at the top."""
    try:
        _, card = checkpoint.load(job.folder / MODEL)
    except CabcnnError as error:
        return f'<article class="about"><p>{escape(str(error))}</p></article>'
    notes = "".join(f"<p>{escape(text)}</p>" for text in (*card.notes, *_left_out(job)))
    tables = "".join(
        about.confusion(card.labels, row, first=number == 0)
        for number, row in enumerate(card.measurements)
    )
    return f"""
<article class="about outcome">
<h2>How good it is</h2>
<p class="score">{escape(card.score())}</p>
{notes}
{about.scores(card.measurements)}
{tables}
{_reliability(job.folder / "report" / RELIABILITY)}
<p class="small">{escape(card.caution)}</p>
</article>"""


def _left_out(job: Job) -> list[str]:
    try:
        rows = schema.read(job.folder / CLIPS, "")["left_out"]
    except (OSError, CabcnnError, KeyError):
        return []
    if not rows:
        return []
    if len(rows) == 1:
        return ["One recording could not be used and was left out."]
    return [f"{len(rows):,} recordings could not be used and were left out."]


def _reliability(path: Path) -> str:
    """The reliability curve (how often the model is right for each level of confidence), if the
    run has drawn one."""
    try:
        picture = base64.b64encode(path.read_bytes()).decode("ascii")
    except OSError:
        return ""
    return (
        "<details><summary>Is it right as often as it is confident?</summary>"
        f'<img class="reliability" src="data:image/png;base64,{picture}" '
        'alt="Reliability curve: how often the model was right, by its confidence.">'
        "</details>"
    )
