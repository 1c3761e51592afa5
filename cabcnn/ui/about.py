"""The About tab: the model's card in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import gradio as gr

from cabcnn.checkpoint import Card, Measurement
from cabcnn.errors import CabcnnError
from cabcnn.model import INTERVAL_SECONDS, VALUES_PER_SECOND
from cabcnn.ui.models import Models
from cabcnn.ui.terms import term

URL = re.compile(r"https?://[^\s,;()&]+")


def build(models: Models, model: gr.Dropdown) -> None:
    """Lays out the tab. `model` is the page's choice of model."""

    def show(name: str | None) -> str:
        try:
            return describe(models.card(name))
        except CabcnnError as error:
            return f'<article class="about"><p>{escape(str(error))}</p></article>'

    about = gr.HTML(show(models.first()), elem_id="about")
    model.change(show, model, about, queue=False, api_visibility="private")


def describe(card: Card) -> str:
    """A card as an HTML article: first the scores, then how the model decides and was trained."""
    measurements = sorted(card.measurements, key=lambda row: not row.unseen_speakers)
    return f"""
<article class="about">
<h2>{escape(card.title)}</h2>
<p class="score">{escape(card.score())}</p>
<p class="caution">{escape(card.caution)}</p>
{_facts(card)}
<h3>How often it is right</h3>
{scores(measurements)}
{"".join(confusion(card.labels, row, first=i == 0) for i, row in enumerate(measurements))}
<h3>How it decides</h3>
{_decision(card)}
<h3>How it was trained</h3>
{_table(_recipe(card.recipe), heading="Settings")}
</article>"""


def _facts(card: Card) -> str:
    length = "the whole clip" if card.seconds is None else f"the first {card.seconds:g} s"
    facts = [
        ("Chooses among", ", ".join(map(escape, card.labels))),
        (term("t", "Hears"), f"{length}, resampled to {card.rate:,} Hz"),
        ("Trained on", escape(card.data)),
        ("Source", _linked(card.source)),
        ("Licence of the data", _linked(card.licence)),
        ("Size", f"{card.classifiers} classifiers, {card.parameters:,} parameters"),
        ("Trained", f"{escape(card.date)} on {escape(card.device)}"),
    ]
    rows = "".join(f"<dt>{heading}</dt><dd>{fact}</dd>" for heading, fact in facts)
    notes = "".join(f"<li>{escape(text)}</li>" for text in card.notes)
    return f"<dl>{rows}</dl>" + (f"<ul>{notes}</ul>" if notes else "")


def _linked(text: str) -> str:
    """Text with its web addresses as links; nothing is loaded unless somebody follows one."""
    return URL.sub(
        lambda url: f'<a href="{url[0]}" target="_blank" rel="noreferrer">{url[0]}</a>',
        escape(text),
    )


def scores(rows: Sequence[Measurement]) -> str:
    """A table of measurements, each in a row."""
    if not rows:
        return "<p>This model has not been tested.</p>"
    heads = [
        "How it was tested",
        term("unweighted-recall", "Unweighted recall"),
        "Speakers",
        "Clips",
        "Models",
        "Accuracy",
        "Macro F1",
        term("effective-classifiers", "Effective classifiers"),
    ]
    calibrated = any(row.calibration_error is not None for row in rows)
    if calibrated:
        heads.insert(-1, term("calibration", "Calibration error"))
    speakers = {True: "speakers never heard in training", False: "speakers also heard in training"}
    body = "".join(
        f"<tr><th scope='row'>{_protocol(row.protocol)}"
        f"<small>{speakers[row.unseen_speakers]}</small></th>"
        f"<td><b>{_percent(row.unweighted_recall)}</b>{_spread(row)}</td>"
        f"<td>{f'{row.speakers:,}' if row.speakers else '?'}</td><td>{row.clips:,}</td>"
        f"<td>{row.models}</td>"
        f"<td>{_percent(row.accuracy)}</td><td>{row.macro_f1:.3f}</td>"
        + (f"<td>{_points(row.calibration_error)}</td>" if calibrated else "")
        + f"<td>{row.effective_classifiers:.1f}</td></tr>"
        for row in rows
    )
    return (
        _scrolling(f"<table><thead>{_head(heads)}</thead><tbody>{body}</tbody></table>")
        + "<p class='small'>Unweighted recall: the share of each class that is recognised, "
        "averaged over the classes"
        + (
            "; below it, the interval in which 95 of 100 such scores would lie if other speakers "
            "were tested"
            if any(row.interval for row in rows)
            else ""
        )
        + ". "
        + (
            "±: the standard deviation over the models. "
            if any(row.models > 1 for row in rows)
            else ""
        )
        + (
            "Calibration error: how far the model's confidence is, on average, from how often it "
            "is right. "
            if calibrated
            else ""
        )
        + "Effective classifiers: the perplexity of their shares of the attention; 1 if one "
        "classifier decides everything.</p>"
    )


def _protocol(text: str) -> str:
    """How it was tested, with “speaker-disjoint” explained."""
    before, word, after = text.partition("speaker-disjoint")
    return escape(before) + (term("speaker-disjoint", word) if word else "") + escape(after)


def confusion(labels: Sequence[str], row: Measurement, *, first: bool) -> str:
    """One measurement's confusion matrix: counts, shaded by the share of their row."""
    body = ""
    for label, counts in zip(labels, row.confusion, strict=True):
        total = max(sum(counts), 1)
        cells = "".join(
            f'<td class="{"right" if other == label else "wrong"}" '
            f'style="--share: {count / total:.3f}">'
            f"{count}<small>{_percent(count / total)}</small></td>"
            for other, count in zip(labels, counts, strict=True)
        )
        body += f"<tr><th scope='row'>{escape(label)}</th>{cells}</tr>"
    heads = ("true ↓ &nbsp; predicted →", *map(escape, labels))
    table = f"<table class='confusion'><thead>{_head(heads)}</thead><tbody>{body}</tbody></table>"
    return (
        f"<details{' open' if first else ''}><summary>Confusion matrix: {escape(row.protocol)}"
        f"</summary>{_scrolling(table)}</details>"
    )


def _decision(card: Card) -> str:
    n, ms = card.classifiers, 1000 * INTERVAL_SECONDS
    return f"""
<p>The sound is reduced to {VALUES_PER_SECOND:,} values a second, and four convolutions turn those
into one description for each interval of {ms:.0f} ms. In every interval each of the {n}
classifiers, numbered 0 to {n - 1}, votes: it divides 100 % among the classes. The attention, a
small network of its own, divides another 100 % among the classifiers: how much each counts at
that moment.</p>
<p class="formula">Pr(class) = mean over the intervals of
&nbsp;Σ<sub>classifiers</sub> attention × vote</p>
<p>That sum is the whole decision. So each cell of the picture has an exact share in the answer
(attention × vote ÷ the number of intervals), and the shares add up to the answer: nothing in the
view is estimated afterwards. The order of the intervals does not matter.</p>"""


def _recipe(recipe: Any) -> list[tuple[str, str]]:
    return [(str(key).replace("_", " "), _value(value)) for key, value in recipe.items()]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _table(rows: Iterable[tuple[str, str]], heading: str) -> str:
    body = "".join(
        f"<tr><th scope='row'>{escape(key)}</th><td>{escape(value)}</td></tr>"
        for key, value in rows
    )
    return (
        f"<details><summary>{heading}</summary>"
        f"<table class='recipe'><tbody>{body}</tbody></table></details>"
    )


def _head(heads: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<th scope='col'>{head}</th>" for head in heads) + "</tr>"


def _scrolling(table: str) -> str:
    return f'<div class="wide" tabindex="0">{table}</div>'


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(share: float | None) -> str:
    return "?" if share is None else f"{100 * share:.1f} points"


def _spread(row: Measurement) -> str:
    spread = f" ± {100 * row.spread:.1f}" if row.models > 1 else ""
    if row.interval is None:
        return spread
    low, high = row.interval
    return f"{spread}<small>{100 * low:.1f} to {100 * high:.1f}</small>"
