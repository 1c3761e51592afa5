"""The paper's claims, each held against what a study found, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from cabcnn.baselines import RIVALS
from cabcnn.study.grid import LARGE, MASKED, OURS, RIVALS_SECONDS, UNIFORM
from cabcnn.study.results import Group, compared, title_of

TEN_POINTS = 0.1
ENOUGH_RUNS = 5  # for a standard deviation to mean something; the paper has eight


def claims(found: Sequence[Group]) -> list[str]:
    """A sentence for each claim that the study's networks allow to check."""
    ours = [group for group in found if group.model == OURS]
    rivals = [group for group in found if group.model in RIVALS]
    said = []
    if ours and rivals:
        said += [_ten_points(ours, rivals), *_steady(ours, rivals)]
    if len(ours) > 1 and any(group.seconds == RIVALS_SECONDS for group in ours):
        said.append(_thirty_seconds(ours))
    said += _parts(found)
    return said or ["Nothing to compare yet."]


def one_class(found: Sequence[Group]) -> list[str]:
    """Says which networks call every test clip the same, whatever they hear: their scores are
    those of the commonest class, and tell nothing of the networks."""
    deaf = [title_of(group) for group in found if group.one_class]
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


def _titles(found: Sequence[Group]) -> str:
    return ", ".join(title_of(group) for group in found)


def _held(yes: bool, rivals: int = len(RIVALS)) -> str:
    """`rivals` is how many of the five it was held against: one that is missing might be better."""
    if not yes:
        return "did not hold here"
    few = "" if rivals == len(RIVALS) else f", against {rivals} of the {len(RIVALS)}"
    return f"held here{few}"


def _runs(found: Sequence[Group]) -> str:
    counts = [len(group.runs) for group in found]
    if min(counts) > 1:
        said = f"{min(counts)} runs each" if min(counts) == max(counts) else f"{_span(counts)} runs"
    else:
        several = "one run each" if max(counts) == 1 else "of some, one run"
        said = f"{several}, so chance may have decided"
    capped = sum(group.capped for group in found)
    return said + (f"; {capped} of the {sum(counts)} cut off" if capped else "")


def _span(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"


def _ten_points(ours: Sequence[Group], rivals: Sequence[Group]) -> str:
    """A lead over networks that were cut off, or that say one thing only, is no lead."""
    own, other = _own(ours), _best(rivals)
    ahead = _recall(own) - _recall(other) >= TEN_POINTS
    doubts = [*_doubts([own]), *(_doubts(rivals) if ahead else [])]
    held = _held(ahead, len({g.model for g in rivals}))
    said = (
        f"Whether CAB-CNN beats all five by ten points (Section 4) can't be told here, since "
        f"{' and '.join(doubts)}"
        if doubts
        else f"That CAB-CNN beats all five by ten points (Section 4) {held}"
    )
    chosen = (
        ""
        if len(ours) == 1 or own.seconds == RIVALS_SECONDS
        else ", a T that the same test clips chose"
    )
    return (
        f"{said}: mean unweighted recall {_recall(own):.3f} at T = {own.seconds:g} s{chosen}, "
        f"against {_recall(other):.3f} of the best of the others, {title_of(other)} "
        f"({_runs([own, other])})."
    )


def _own(ours: Sequence[Group]) -> Group:
    own = compared(ours)
    assert own is not None
    return own


def _doubts(found: Sequence[Group]) -> list[str]:
    """Why scores of networks may say nothing of them."""
    capped = [group for group in found if group.capped]
    deaf = [group for group in found if group.one_class]
    said = []
    if capped:
        said.append(f"{_titles(capped)} {'was' if len(capped) == 1 else 'were'} cut off")
    if deaf:
        said.append(f"{_titles(deaf)} gave every test clip one and the same class")
    return said


def _steady(ours: Sequence[Group], rivals: Sequence[Group]) -> list[str]:
    """The spread of networks that guess is small because they guess, not because they are steady;
    that of networks that were cut off is not the one they would have ended with."""
    own = _own(ours)
    several = [group for group in rivals if group.spread is not None]
    if own.spread is None or not several:
        others = _span([len(group.runs) for group in rivals])
        return [
            "How steadily each network trains takes several runs of each: here CAB-CNN has "
            f"{len(own.runs)}, the others {others}."
        ]
    idle = [group for group in several if group.at_guessing]
    learned = [group for group in several if not group.at_guessing]
    own_spread = f"its recalls spread by {own.spread:.3f} over {len(own.runs)} runs"
    guess = f"{_titles(idle)} did no better than guessing, so that a small spread tells nothing"
    if own.at_guessing or not learned:
        who = f"CAB-CNN did no better than guessing: {own_spread}" if own.at_guessing else guess
        return [f"Whether CAB-CNN trains more steadily than the others can't be told here: {who}."]
    calmest = min(learned, key=lambda group: group.spread or 0.0)
    numbers = (
        f"{own_spread}, those of {title_of(calmest)}, the steadiest of the others that learned, "
        f"by {calmest.spread:.3f} over {len(calmest.runs)}"
    )
    held = _held(own.spread < (calmest.spread or 0.0), len({group.model for group in learned}))
    capped = [group for group in (own, *learned) if group.capped]
    said = (
        "Whether CAB-CNN trains more steadily than the others can't be told here, since "
        f"{_doubts(capped)[0]}"
        if capped
        else f"That CAB-CNN trains more steadily than the others {held}"
    )
    fewest = min(len(own.runs), len(calmest.runs))
    few = f" Of {fewest} runs a spread is hardly known." if fewest < ENOUGH_RUNS else ""
    return [f"{said}: {numbers}.{f' {guess}.' if idle else ''}{few}"]


def _thirty_seconds(ours: Sequence[Group]) -> str:
    """Neighbouring T differ by little: a difference within the spread of the runs decides
    nothing, nor does one of single runs, whose spread nobody knows."""
    thirty = next(group for group in ours if group.seconds == RIVALS_SECONDS)
    other = _best([group for group in ours if group is not thirty])
    lead = _recall(thirty) - _recall(other)
    told = ", ".join(f"{_recall(group):.3f} at {group.seconds:g} s" for group in ours)
    if len({_recall(group) for group in ours}) == 1:
        told = f"{_recall(thirty):.3f} at every T"
    spreads = [group.spread for group in (thirty, other) if group.spread is not None]
    if lead and len(spreads) == 2 and abs(lead) > max(spreads):
        return f"That T = 30 s is best (Table 4) {_held(lead > 0)}: {told} ({_runs(ours)})."
    if lead:
        told += ", within the spread of the runs" if len(spreads) == 2 else ""
    return f"Whether T = 30 s is best (Table 4) can't be told here: {told} ({_runs(ours)})."


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
