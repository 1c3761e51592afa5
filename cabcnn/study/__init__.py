"""The paper's comparison, to be repeated by anybody: CAB-CNN, its rivals and its own parts taken
away, on one corpus, split alike, several runs each (Section 4, Tables 3, 4, 6 and 7)."""
