"""The paper's comparison of CAB-CNN with five baselines and with ablations, on any corpus: the same
split for all, several runs each (Section 4, Tables 3, 4, 6 and 7)."""
