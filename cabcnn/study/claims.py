"""The paper's claims, each held against what a study found, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cabcnn.baselines import RIVALS
from cabcnn.study.grid import LARGE, MASKED, OURS, UNIFORM
from cabcnn.study.results import Group, title_of

TEN_POINTS = 0.1
THIRTY = 30.0


def claims(found: Sequence[Group]) -> list[str]:
    """A sentence for each claim that the study's networks allow to check."""
    ours = [group for group in found if group.model == OURS]
    rivals = [group for group in found if group.model in RIVALS]
    said = []
    if ours and rivals:
        said += [_ten_points(ours, rivals), *_steady(ours, rivals)]
    if len(ours) > 1 and any(group.seconds == THIRTY for group in ours):
        said.append(_thirty_seconds(ours))
    said += _parts(found)
    return said or ["Nothing to compare yet."]


def one_class(found: Sequence[Group]) -> list[str]:
    """Says which networks call every test clip the same, whatever they hear: their scores are
    those of the commonest class, and tell nothing of the networks."""
    deaf = [
        title_of(group)
        for group in found
        if all(np.count_nonzero(np.sum(run["confusion"], 0)) == 1 for run in group.runs)
    ]
    if not deaf:
        return []
    who = "All networks" if len(deaf) == len(found) else ", ".join(deaf)
    return [f"{who} gave every test clip one and the same class: no comparison of them means much."]


def cut_off(found: Sequence[Group]) -> list[str]:
    """Warns of rivals that were not left to learn until patience ended it."""
    rivals = [group for group in found if group.model in RIVALS and group.capped]
    if not rivals:
        return []
    who = ", ".join(title_of(group) for group in rivals)
    return [
        f"Cut off before they had learned all they could: {who}. To be ahead of them shows little."
    ]


def _recall(group: Group) -> float:
    return group.mean_scores.unweighted_recall


def _best(found: Sequence[Group]) -> Group:
    return max(found, key=_recall)


def _held(yes: bool, rivals: int = len(RIVALS)) -> str:
    """`rivals` is how many of the five it was held against: one that is missing might be better."""
    if not yes:
        return "did not hold here"
    few = "" if rivals == len(RIVALS) else f", against {rivals} of the {len(RIVALS)}"
    return f"held here{few}"


def _runs(found: Sequence[Group]) -> str:
    counts = [len(group.runs) for group in found]
    if min(counts) > 1:
        return f"{min(counts)} runs or more"
    several = "one run each" if max(counts) == 1 else "of some, one run"
    return f"{several}, so chance may have decided"


def _ten_points(ours: Sequence[Group], rivals: Sequence[Group]) -> str:
    own, other = _best(ours), _best(rivals)
    held = _held(_recall(own) - _recall(other) >= TEN_POINTS, len({g.model for g in rivals}))
    return (
        f"That CAB-CNN beats all five by ten points (Section 4) {held}: mean unweighted recall "
        f"{_recall(own):.3f} at T = {own.seconds:g} s, against {_recall(other):.3f} of "
        f"the best of the others, {RIVALS[other.model].title} ({_runs([own, other])})."
    )


def _steady(ours: Sequence[Group], rivals: Sequence[Group]) -> list[str]:
    own = _best(ours)
    spreads = {RIVALS[g.model].title: g.spread for g in rivals if g.spread is not None}
    if own.spread is None or not spreads:
        return ["How steadily each network trains takes several runs; there is one of each."]
    calmest = min(spreads, key=lambda name: spreads[name])
    held = _held(own.spread < spreads[calmest], len(spreads))
    return [
        f"That CAB-CNN trains more steadily than the others {held}: its recalls spread by "
        f"{own.spread:.3f} over {len(own.runs)} runs, those of the steadiest of the others, "
        f"{calmest}, by {spreads[calmest]:.3f}."
    ]


def _thirty_seconds(ours: Sequence[Group]) -> str:
    best = _best(ours)
    if len({_recall(group) for group in ours}) == 1:
        return (
            f"Whether T = 30 s is best (Table 4) can't be told here: "
            f"{_recall(best):.3f} at every T ({_runs(ours)})."
        )
    told = ", ".join(f"{_recall(group):.3f} at {group.seconds:g} s" for group in ours)
    return (
        f"That T = 30 s is best (Table 4) {_held(best.seconds == THIRTY)}: {told} ({_runs(ours)})."
    )


def _parts(found: Sequence[Group]) -> list[str]:
    said = []
    by_model: dict[str, list[Group]] = {}
    for group in found:
        by_model.setdefault(group.model, []).append(group)
    for cut in by_model.get(OURS, []):
        for whole in by_model.get(MASKED, []):
            if cut.seconds == whole.seconds:
                said.append(
                    f"Cutting batches to their shortest clip, at T = {cut.seconds:g} s: "
                    f"{_recall(cut):.3f}, against {_recall(whole):.3f} with clips kept whole "
                    f"({_runs([cut, whole])})."
                )
    for name, what in ((UNIFORM, "with all classifiers counting alike"), (LARGE, "with one large")):
        for other in by_model.get(name, []):
            for whole in by_model.get(MASKED, []):
                if whole.seconds == other.seconds:
                    said.append(
                        f"The attention over forty classifiers: {_recall(whole):.3f}; {what}: "
                        f"{_recall(other):.3f} ({_runs([whole, other])})."
                    )
    return said
