"""What came of a run, as HTML: what the model is worth, and where it errs."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path

from cabcnn import checkpoint
from cabcnn.errors import CabcnnError
from cabcnn.runs.clips import CLIPS
from cabcnn.runs.queue import Job
from cabcnn.runs.run import MODEL
from cabcnn.ui import about

RELIABILITY = "reliability.png"


def stamp(job: Job) -> tuple[str, int] | None:
    """What tells one outcome of a run from another; None where there is none yet."""
    if not job.has_model:
        return None
    return job.name, (job.folder / MODEL).stat().st_mtime_ns


def report(job: Job) -> str:
    """The outcome of a job that has a model, the score to quote first at the head."""
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
<h2>What it is worth</h2>
<p class="score">{escape(card.score())}</p>
{notes}
{about.scores(card.measurements)}
{tables}
{_reliability(job.folder / "report" / RELIABILITY)}
<p class="small">{escape(card.caution)}</p>
</article>"""


def _left_out(job: Job) -> list[str]:
    try:
        rows = json.loads((job.folder / CLIPS).read_bytes())["left_out"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    if not rows:
        return []
    count = "One recording" if len(rows) == 1 else f"{len(rows):,} recordings"
    return [f"{count} could not be used, and took no part in this."]


def _reliability(path: Path) -> str:
    """The curve of how often it is right for how sure it is, where the run has drawn one."""
    try:
        picture = base64.b64encode(path.read_bytes()).decode("ascii")
    except OSError:
        return ""
    return (
        "<details><summary>Is it right as often as it is sure?</summary>"
        f'<img class="reliability" src="data:image/png;base64,{picture}" '
        'alt="Reliability curve: how often the model was right, for how sure it was.">'
        "</details>"
    )
