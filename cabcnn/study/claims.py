"""The paper's claims, each compared with a study's results in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from cabcnn.baselines import BASELINES
from cabcnn.study.grid import BASELINE_SECONDS, LARGE, MASKED, OURS, UNIFORM
from cabcnn.study.results import Group, compared, title_of

TEN_POINTS = 0.1
ENOUGH_RUNS = 5  # for a standard deviation to mean something; the paper has eight


def claims(groups: Sequence[Group]) -> list[str]:
    """A sentence for each claim that the study's networks allow to check."""
    ours = [group for group in groups if group.model == OURS]
    baselines = [group for group in groups if group.model in BASELINES]
    sentences = []
    if ours and baselines:
        sentences += [_ten_points(ours, baselines), *_steadiness(ours, baselines)]
    if len(ours) > 1 and any(group.seconds == BASELINE_SECONDS for group in ours):
        sentences.append(_thirty_seconds(ours))
    sentences += [*_truncation(groups), *_attention(groups)]
    return sentences or ["Nothing to compare yet."]


def one_class(groups: Sequence[Group]) -> list[str]:
    """Names the networks that predict one class for all test clips: their scores are those of the
    most frequent class, and say nothing about the networks."""
    constant = [title_of(group) for group in groups if group.one_class]
    if not constant:
        return []
    who = "All networks" if len(constant) == len(groups) else ", ".join(constant)
    return [f"{who} predicted the same class for every test clip, so comparing them means little."]


def cut_off(groups: Sequence[Group]) -> list[str]:
    """Names the baselines whose training ended at the limit of epochs, not by early stopping."""
    capped = [group for group in groups if group.model in BASELINES and group.capped]
    if not capped:
        return []
    return [
        f"Cut off before early stopping: {_titles(capped)}. That CAB-CNN is ahead of them shows "
        "little."
    ]


def _recall(group: Group) -> float:
    return group.mean_scores.unweighted_recall


def _best(groups: Sequence[Group]) -> Group:
    return max(groups, key=_recall)


def _titles(groups: Sequence[Group]) -> str:
    return ", ".join(title_of(group) for group in groups)


def _held(yes: bool, baselines: int = len(BASELINES)) -> str:
    """`baselines` is the number of the five that were compared: a missing one might be better."""
    if not yes:
        return "did not hold here"
    few = "" if baselines == len(BASELINES) else f", against {baselines} of the {len(BASELINES)}"
    return f"held here{few}"


def _runs(groups: Sequence[Group]) -> str:
    counts = [len(group.runs) for group in groups]
    if min(counts) > 1:
        runs = f"{_range(counts)} runs" + (" each" if min(counts) == max(counts) else "")
    else:
        few = "one run each" if max(counts) == 1 else "some with one run"
        runs = f"{few}, so it may be chance"
    capped = sum(group.capped for group in groups)
    return runs + (f"; {capped} of the {sum(counts)} cut off" if capped else "")


def _range(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"


def _ten_points(ours: Sequence[Group], baselines: Sequence[Group]) -> str:
    """A lead over networks that were cut off, or that predict one class only, is no lead."""
    own, other = _own(ours), _best(baselines)
    ahead = _recall(own) - _recall(other) >= TEN_POINTS
    doubts = [*_doubts([own]), *(_doubts(baselines) if ahead else [])]
    held = _held(ahead, len({g.model for g in baselines}))
    claim = (
        f"Whether CAB-CNN beats all five by ten points (Section 4) can't be told here, since "
        f"{' and '.join(doubts)}"
        if doubts
        else f"That CAB-CNN beats all five by ten points (Section 4) {held}"
    )
    chosen = (
        ""
        if len(ours) == 1 or own.seconds == BASELINE_SECONDS
        else ", a T that was chosen on the same test clips"
    )
    return (
        f"{claim}: mean unweighted recall {_recall(own):.3f} at T = {own.seconds:g} s{chosen}, "
        f"against {_recall(other):.3f} for the best of the others, {title_of(other)} "
        f"({_runs([own, other])})."
    )


def _own(ours: Sequence[Group]) -> Group:
    own = compared(ours)
    assert own is not None
    return own


def _doubts(groups: Sequence[Group]) -> list[str]:
    """Reasons why the scores of networks may say nothing about them."""
    capped = [group for group in groups if group.capped]
    constant = [group for group in groups if group.one_class]
    doubts = []
    if capped:
        doubts.append(f"{_titles(capped)} {'was' if len(capped) == 1 else 'were'} cut off")
    if constant:
        doubts.append(f"{_titles(constant)} predicted the same class for every test clip")
    return doubts


def _steadiness(ours: Sequence[Group], baselines: Sequence[Group]) -> list[str]:
    """Networks that guess have a small spread because they guess, not because they are steady; the
    spread of networks that were cut off is not their final one."""
    own = _own(ours)
    several = [group for group in baselines if group.spread is not None]
    if own.spread is None or not several:
        others = _range([len(group.runs) for group in baselines])
        return [
            "Comparing how steadily networks train takes several runs of each: here CAB-CNN has "
            f"{len(own.runs)}, the others {others}."
        ]
    guessing = [group for group in several if group.at_guessing]
    learned = [group for group in several if not group.at_guessing]
    own_spread = f"its recalls have a spread of {own.spread:.3f} over {len(own.runs)} runs"
    guess = f"{_titles(guessing)} did no better than guessing, so that a small spread says nothing"
    if own.at_guessing or not learned:
        who = f"CAB-CNN did no better than guessing: {own_spread}" if own.at_guessing else guess
        return [f"Whether CAB-CNN trains more steadily than the others can't be told here: {who}."]
    steadiest = min(learned, key=lambda group: group.spread or 0.0)
    numbers = (
        f"{own_spread}, those of {title_of(steadiest)}, the steadiest of the others that learned, "
        f"{steadiest.spread:.3f} over {len(steadiest.runs)}"
    )
    held = _held(own.spread < (steadiest.spread or 0.0), len({group.model for group in learned}))
    capped = [group for group in (own, *learned) if group.capped]
    claim = (
        "Whether CAB-CNN trains more steadily than the others can't be told here, since "
        f"{_doubts(capped)[0]}"
        if capped
        else f"That CAB-CNN trains more steadily than the others {held}"
    )
    fewest = min(len(own.runs), len(steadiest.runs))
    few = f" A spread over {fewest} runs is very uncertain." if fewest < ENOUGH_RUNS else ""
    return [f"{claim}: {numbers}.{f' {guess}.' if guessing else ''}{few}"]


def _thirty_seconds(ours: Sequence[Group]) -> str:
    """Similar T differ by little: a difference within the spread of the runs decides nothing, nor
    does one of single runs, whose spread is unknown."""
    thirty = next(group for group in ours if group.seconds == BASELINE_SECONDS)
    other = _best([group for group in ours if group is not thirty])
    lead = _recall(thirty) - _recall(other)
    recalls = ", ".join(f"{_recall(group):.3f} at {group.seconds:g} s" for group in ours)
    if len({_recall(group) for group in ours}) == 1:
        recalls = f"{_recall(thirty):.3f} at every T"
    spreads = [group.spread for group in (thirty, other) if group.spread is not None]
    if lead and len(spreads) == 2 and abs(lead) > max(spreads):
        return f"That T = 30 s is best (Table 4) {_held(lead > 0)}: {recalls} ({_runs(ours)})."
    if lead:
        recalls += ", within the spread of the runs" if len(spreads) == 2 else ""
    return f"Whether T = 30 s is best (Table 4) can't be told here: {recalls} ({_runs(ours)})."


def _truncation(groups: Sequence[Group]) -> list[str]:
    return [
        f"Truncating batches to their shortest clip, at T = {one.seconds:g} s: {_recall(one):.3f}, "
        f"against {_recall(masked):.3f} with complete clips ({_runs([one, masked])})."
        for one, masked in _pairs(groups, OURS)
    ]


def _attention(groups: Sequence[Group]) -> list[str]:
    return [
        f"Attention over forty classifiers: {_recall(masked):.3f}; {what}: {_recall(one):.3f} "
        f"({_runs([masked, one])})."
        for model, what in (
            (UNIFORM, "with uniform attention"),
            (LARGE, "with one large classifier"),
        )
        for one, masked in _pairs(groups, model)
    ]


def _pairs(groups: Sequence[Group], model: str) -> list[tuple[Group, Group]]:
    """A network and masked CAB-CNN, at each T at which there are both."""
    return [
        (one, masked)
        for one in groups
        for masked in groups
        if (one.model, masked.model) == (model, MASKED) and one.seconds == masked.seconds
    ]
