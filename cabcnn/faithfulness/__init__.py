"""Whether the evidence holds: what becomes of an answer when moments of the sound are silenced."""

from cabcnn.faithfulness.clip import DRAWS, FRACTIONS, Faithfulness, measure
from cabcnn.faithfulness.corpus import Measured, Summary, measure_corpus, summarise

__all__ = [
    "DRAWS",
    "FRACTIONS",
    "Faithfulness",
    "Measured",
    "Summary",
    "measure",
    "measure_corpus",
    "summarise",
]
