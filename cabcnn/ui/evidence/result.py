"""What is shown of one measurement: a sentence, the curves, their numbers."""

from __future__ import annotations

import html

from cabcnn.faithfulness import Faithfulness
from cabcnn.faithfulness.clip import ORDERS
from cabcnn.ui.evidence.chart import NAMES, draw, legend
from cabcnn.ui.evidence.words import caution, details, percent, verdict


def to_html(found: Faithfulness, *, answers: bool) -> str:
    """`answers` where the evidence is for the model's own answer, not a class chosen by hand."""
    title = html.escape(f"Probability of {found.label} in {found.name}, by {found.model}")
    said = "".join(f"<p>{html.escape(one)}</p>" for one in details(found, answers=answers))
    return (
        f'<div class="evidence" data-outcome="{found.outcome}" role="status">'
        f'<p class="verdict">{html.escape(verdict(found))}</p>{said}</div>'
        f'<figure class="evidence"><figcaption>{title}</figcaption>{legend()}{draw(found)}'
        f'<p class="caution">{html.escape(caution(found))}</p>{_table(found)}</figure>'
    )


def _table(found: Faithfulness) -> str:
    head = "".join(f'<th scope="col">{NAMES[order]}</th>' for order in ORDERS)
    rows = "".join(
        f'<tr><th scope="row">{100 * fraction:.0f} %</th>'
        + "".join(f"<td>{percent(value)}</td>" for value in values)
        + "</tr>"
        for fraction, values in zip(found.fractions, found.curves.T, strict=True)
    )
    return (
        "<details><summary>The numbers</summary><table><thead><tr>"
        f'<th scope="col">Silent</th>{head}</tr></thead><tbody>{rows}</tbody></table></details>'
    )
