"""Tests whether the evidence is faithful: how the answer changes as moments are silenced."""

from cabcnn.faithfulness.clip import DRAWS, FRACTIONS, ORDERS, Faithfulness, Order, Outcome, measure
from cabcnn.faithfulness.corpus import ClipResult, Summary, measure_corpus, summarise

__all__ = [
    "DRAWS",
    "FRACTIONS",
    "ORDERS",
    "ClipResult",
    "Faithfulness",
    "Order",
    "Outcome",
    "Summary",
    "measure",
    "measure_corpus",
    "summarise",
]
