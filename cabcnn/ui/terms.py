"""The page's terms, explained where they stand: on hover, focus or a tap (terms.js)."""

from __future__ import annotations

import html
import json

TERMS = {
    "interval": "25 ms of sound. The network cuts the clip into intervals and judges each of "
    "them; it hears a tenth of a second around each.",
    "classifier": "One of the small networks that vote in every interval. Each was left to find "
    "its own speciality; they are told apart by number only.",
    "attention": "How much a classifier's vote counts in an interval, from 0 to 1. The weights "
    "of all classifiers in an interval add up to 1.",
    "vote": "What one classifier says of an interval: a probability for each class, adding up "
    "to 100 %.",
    "share": "What one vote adds to the verdict: its weight × the vote ÷ the number of "
    "intervals. All shares of all classifiers add up to the verdict.",
    "interval-probabilities": "What all classifiers together say of an interval: their votes, "
    "each weighed by its attention, added up.",
    "verdict-so-far": "The verdict, had the clip ended there: the mean of all intervals so far.",
    "selected": "The classifier with the largest attention weight of an interval, coloured by "
    "the class that it votes for most.",
    "evidence": "Weight × vote: what a classifier says for a class, as loudly as it is heard.",
    "chance": "What guessing would give: one part for each class.",
    "waveform": "The sound's pressure over time: the louder, the taller.",
    "spectrogram": "Which frequencies are in the sound, and when: time to the right, 0 to 4 kHz "
    "upwards, colour for loudness in decibels below the loudest.",
    "t": "How many seconds of a clip a model was trained on, and hears of yours unless you "
    "choose otherwise.",
    "unweighted-recall": "Of each class, the share that the model recognises; then the mean over "
    "the classes, so that a rare class counts as much as a frequent one. Guessing gives 1 ÷ "
    "the number of classes.",
    "effective-classifiers": "How many classifiers would share the attention evenly to be as "
    "spread as this: all of them if each is heard as much, 1 if only one is (the perplexity of "
    "their shares).",
    "speaker-disjoint": "Scored on voices that the model never heard while it learned: the "
    "honest measure.",
    "weight": "How much the classifier's vote counts in this interval: its attention, from 0 to 1.",
    "interval-share": "Weight × vote: what the classifier adds to what the interval says. All "
    "shares of an interval add up to it.",
    "mean-vote": "What the classifier votes on average over the clip, the more counted, the more "
    "attention it had at the time.",
    "adds": "Its weight × vote, added up over the clip and divided by the number of intervals: "
    "the part of the verdict that comes from this classifier.",
    "of-attention": "Its part of all attention that is given in the clip. If all classifiers were "
    "heard alike, each would have an even share.",
    "use": "How much of a clip's attention goes to each classifier. All of them add up to 100 %.",
    "specialisation": "How unevenly a classifier is used in the kinds of clips, beyond what so few "
    "voices would show by chance: 0 is even use, 1 is one kind only.",
    "argues-for": "What it votes on average, counted by its attention.",
    "in-which-clips": "How its attention divides among the kinds of clips: a bar for each, the "
    "dashed line is even use.",
    "colour": "How strong a colour is. Attention weight: how much a classifier's vote counts in an "
    "interval, from 0 to 1. Weight × vote: what it says for a class, as loudly as it is heard.",
    "faithfulness": "An explanation is faithful if the network's answer really hangs on what the "
    "explanation points at. That can be tested: take it away, and see whether the answer falls.",
    "at-random": "What silence does wherever it falls: the moments of “strongest first”, moved "
    "along the clip by a random time, so as many and as clumped, but elsewhere. The other lines "
    "tell something where they lie apart from this one.",
    "calibration": "How far, on average, the share it gets right is from how sure it is.",
}


def term(name: str, text: str) -> str:
    """HTML of `text` that explains itself as the term `name`."""
    if name not in TERMS:
        raise ValueError(f"{name!r} is not in the glossary")
    return f'<span class="term" tabindex="0" data-term="{name}">{html.escape(text)}</span>'


def script() -> str:
    """The glossary for terms.js, to stand before it."""
    return f"<script>window.cabcnnTerms = {json.dumps(TERMS)};</script>"
