"""The page's glossary: terms are explained where they are used, on hover, focus or a tap
(terms.js)."""

from __future__ import annotations

import html
import json

TERMS = {
    "interval": "What the network judges: there is one every 25 ms. For each it hears about a "
    "tenth of a second of sound, so neighbouring intervals overlap.",
    "classifier": "One of the small networks that vote in every interval. During training each "
    "found its own speciality; they have numbers, not names.",
    "attention": "How much a classifier's vote counts in an interval, from 0 to 1. The weights "
    "of all classifiers in an interval add up to 1.",
    "vote": "A classifier's opinion on an interval: a probability for each class. They add up to "
    "100 %.",
    "share": "What one vote adds to the verdict: its weight × the vote ÷ the number of "
    "intervals. All shares of all classifiers add up to the verdict.",
    "interval-probabilities": "What all classifiers together say about an interval: the sum of "
    "their votes, each weighted by its attention.",
    "verdict-so-far": "What the verdict would be if the clip ended there: the mean of all "
    "intervals so far.",
    "top-classifier": "The classifier with the largest attention weight in an interval, in the "
    "colour of the class that it votes for most.",
    "evidence": "Weight × vote: how strongly a classifier speaks for a class.",
    "chance": "What guessing would give: the same probability for every class.",
    "waveform": "The sound's pressure over time: the louder, the taller.",
    "spectrogram": "Which frequencies are in the sound, and when: time from left to right, 0 to "
    "4 kHz from bottom to top, and colour for the level in decibels below the loudest.",
    "t": "How many seconds of each clip the model was trained on. It hears as much of your clip "
    "unless you choose otherwise.",
    "unweighted-recall": "The share of each class that the model recognises, averaged over the "
    "classes, so that a rare class counts as much as a frequent one. Guessing gives 1 ÷ the "
    "number of classes.",
    "effective-classifiers": "How many classifiers would share the attention equally if it were "
    "spread as widely as this (the perplexity of their shares): all of them if each has the same "
    "share, 1 if one has it all.",
    "speaker-disjoint": "Tested on voices that the model never heard in training: the honest "
    "measure.",
    "weight": "How much the classifier's vote counts in this interval: its attention, from 0 to 1.",
    "interval-share": "Weight × vote: what the classifier adds to the interval's probability. All "
    "shares of an interval add up to that.",
    "mean-vote": "The classifier's average vote over the clip, weighted by its attention.",
    "adds": "Its weight × vote, added up over the clip and divided by the number of intervals: "
    "the part of the verdict that comes from this classifier.",
    "of-attention": "Its share of all attention in the clip. If the attention were spread evenly, "
    "all classifiers would have the same share.",
    "use": "How much of a clip's attention goes to each classifier. All of them add up to 100 %.",
    "specialisation": "How unevenly a classifier is used across the kinds of clips, beyond what so "
    "few voices would show by chance: 0 is even use, 1 is one kind only.",
    "argues-for": "Its average vote, weighted by its attention.",
    "in-which-clips": "How its attention is divided among the kinds of clips: a bar for each; the "
    "dashed line is even use.",
    "colour": "What the strength of the colour shows. Attention weight: how much a classifier's "
    "vote counts in an interval, from 0 to 1. Weight × vote: how strongly it speaks for a class.",
    "faithfulness": "An explanation is faithful if the network's answer really depends on what "
    "the explanation points at. To test that, remove it and see whether the answer changes.",
    "at-random": "What silence does wherever it falls: the moments of “strongest first”, all moved "
    "along the clip by a random time, so just as many and in the same groups, but elsewhere. The "
    "other lines mean something where they lie apart from this one.",
    "calibration": "How far the model's confidence is, on average, from how often it is right.",
}


def term(name: str, text: str) -> str:
    """HTML of `text`, which is explained as the term `name`."""
    if name not in TERMS:
        raise ValueError(f"{name!r} is not in the glossary")
    return f'<span class="term" tabindex="0" data-term="{name}">{html.escape(text)}</span>'


def script() -> str:
    """The glossary as a script element, to be put before terms.js."""
    return f"<script>window.cabcnnTerms = {json.dumps(TERMS)};</script>"
