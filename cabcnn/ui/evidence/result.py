"""A measurement as it is shown: a sentence, the curves, and their numbers."""

from __future__ import annotations

import html

from cabcnn.faithfulness import Faithfulness
from cabcnn.faithfulness.clip import ORDERS
from cabcnn.ui.evidence.chart import NAMES, draw, legend
from cabcnn.ui.evidence.words import caution, details, percent, verdict


def to_html(measured: Faithfulness, *, for_answer: bool) -> str:
    """`for_answer`: whether the evidence is for the model's own answer, not for a class that the
    visitor chose."""
    title = html.escape(f"Probability of {measured.label} in {measured.name}, by {measured.model}")
    sentences = details(measured, for_answer=for_answer)
    paragraphs = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences)
    return (
        f'<div class="evidence" data-outcome="{measured.outcome}" role="status">'
        f'<p class="verdict">{html.escape(verdict(measured))}</p>{paragraphs}</div>'
        f'<figure class="evidence"><figcaption>{title}</figcaption>{legend()}{draw(measured)}'
        f'<p class="caution">{html.escape(caution(measured))}</p>{_table(measured)}</figure>'
    )


def _table(measured: Faithfulness) -> str:
    head = "".join(f'<th scope="col">{NAMES[order]}</th>' for order in ORDERS)
    rows = "".join(
        f'<tr><th scope="row">{100 * fraction:.0f} %</th>'
        + "".join(f"<td>{percent(value)}</td>" for value in values)
        + "</tr>"
        for fraction, values in zip(measured.fractions, measured.curves.T, strict=True)
    )
    return (
        "<details><summary>The numbers</summary><table><thead><tr>"
        f'<th scope="col">Silent</th>{head}</tr></thead><tbody>{rows}</tbody></table></details>'
    )
