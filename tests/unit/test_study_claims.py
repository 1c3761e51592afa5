"""What a study's report says of the paper's claims: by the numbers, and no more than they log."""

from __future__ import annotations

from typing import Any

from cabcnn.baselines import BASELINES
from cabcnn.study.claims import claims, one_class
from cabcnn.study.results import Group

CLIPS = 50  # of each of three labels


def group(model: str, recalls: list[float], seconds: float = 30, **facts: Any) -> Group:
    """Runs with these recalls; the confusion of each is even, but for `facts` of all."""
    runs = []
    for run, recall in enumerate(recalls):
        right = round(recall * CLIPS)
        wrong = CLIPS - right
        matrix = [[right if i == j else 0 for j in range(3)] for i in range(3)]
        for i in range(3):
            matrix[i][(i + 1) % 3] += wrong
        scores = {"accuracy": recall, "unweighted_recall": recall, "macro_f1": recall}
        ended = {"epochs": 40, "best_epoch": 25, "max_epochs": 1000}
        runs.append({**scores, **ended, "confusion": matrix, "run": run, **facts})
    return Group(model, seconds, runs)


CAPPED: dict[str, Any] = {"epochs": 4, "best_epoch": 3, "max_epochs": 4}
CONSTANT: dict[str, Any] = {"confusion": [[CLIPS, 0, 0]] * 3}


def test_ten_points_hold_or_not_by_the_numbers():
    ahead = claims([group("cab-cnn", [0.9, 0.92]), group("resnet18", [0.7, 0.8])])
    assert "beats all five by ten points (Section 4) held here, against 1 of the 5: " in ahead[0]
    baselines = [group(model, [0.7, 0.8]) for model in BASELINES]
    five = claims([group("cab-cnn", [0.9, 0.92]), *baselines])[0]
    assert "(Section 4) held here: " in five
    assert "(2 runs each)." in five
    level = claims([group("cab-cnn", [0.6, 0.9]), group("resnet18", [0.7, 0.71])])
    assert "beats all five by ten points (Section 4) did not hold here" in level[0]


def test_to_be_ahead_of_networks_that_could_not_learn_is_not_told_as_a_lead():
    ours = group("cab-cnn", [0.9, 0.92])
    for facts, why in (
        (CAPPED, "was cut off"),
        (CONSTANT, "predicted the same class for every test clip"),
    ):
        sentence = claims([ours, group("gated-resnet", [0.4, 0.4], **facts)])[0]
        assert sentence.startswith(
            "Whether CAB-CNN beats all five by ten points (Section 4) can't be"
        )
        assert f"since GatedResNet (reconstruction) {why}" in sentence
        assert "held" not in sentence
    # One that was cut off and yet came within ten points settles it, unless CAB-CNN was too.
    near = group("alexnet", [0.85, 0.85], **CAPPED)
    assert "did not hold here" in claims([ours, near])[0]
    cut = claims([group("cab-cnn", [0.9, 0.9], **CAPPED), near])[0]
    assert "can't be told here, since CAB-CNN-30s was cut off" in cut
    constant = claims(
        [group("cab-cnn", [1 / 3], **CONSTANT), group("alexnet", [1 / 3], **CONSTANT)]
    )[0]
    assert "can't be told here, since CAB-CNN-30s predicted the same class" in constant


def test_a_t_that_the_test_chose_is_told():
    others = [group("resnet18", [0.5])]
    chosen = claims([group("cab-cnn", [0.7], 5), group("cab-cnn", [0.9], 60), *others])[0]
    assert "0.900 at T = 60 s, a T that was chosen on the same test clips" in chosen
    papers = claims([group("cab-cnn", [0.7], 30), group("cab-cnn", [0.9], 60), *others])[0]
    assert "0.700 at T = 30 s, against" in papers
    assert "chosen" not in claims([group("cab-cnn", [0.7], 5), *others])[0]


def test_steadiness_is_compared_among_networks_that_learned():
    ahead = claims([group("cab-cnn", [0.9, 0.92]), group("resnet18", [0.7, 0.8])])[1]
    assert "trains more steadily than the others held here, against 1 of the 5: " in ahead
    assert "A spread over 2 runs is very uncertain." in ahead
    level = claims([group("cab-cnn", [0.6, 0.9] * 3), group("resnet18", [0.7, 0.71] * 3)])[1]
    assert "more steadily than the others did not hold here" in level
    assert "uncertain" not in level
    stuck = [group("alexnet", [0.34, 0.34]), group("attention-cnn", [1 / 3] * 2, **CONSTANT)]
    calm = claims([group("cab-cnn", [0.9, 0.92]), group("resnet18", [0.7, 0.8]), *stuck])[1]
    assert "steadily than the others held here, against 1 of the 5" in calm
    who = "AlexNet, AttentionCNN (reconstruction)"
    assert f"{who} did no better than guessing, so that a small spread says nothing." in calm
    alone = claims([group("cab-cnn", [0.9, 0.92]), *stuck])[1]
    assert f"can't be told here: {who} did no better than guessing" in alone
    cut = claims([group("cab-cnn", [0.9, 0.92]), group("vgg11-a", [0.7, 0.8], **CAPPED)])[1]
    assert (
        "can't be told here, since VGG11-A was cut off: its recalls have a spread of 0.014" in cut
    )
    lost = claims([group("cab-cnn", [0.3, 0.35]), group("resnet18", [0.7, 0.8])])[1]
    assert "can't be told here: CAB-CNN did no better than guessing" in lost


def test_the_number_of_runs_is_told_as_it_is():
    one = claims([group("cab-cnn", [0.9, 0.92]), group("resnet18", [0.7])])[1]
    assert "takes several runs" in one
    assert one.endswith("CAB-CNN has 2, the others 1.")
    uneven = claims([group("cab-cnn", [0.9] * 3), group("resnet18", [0.7, 0.72])])[0]
    assert "(2 to 3 runs)." in uneven
    single = claims([group("cab-cnn", [0.9] * 3), group("resnet18", [0.7])])[0]
    assert "some with one run, so it may be chance" in single


def test_thirty_seconds_are_best_only_by_more_than_the_runs_differ():
    clear = claims([group("cab-cnn", [0.9, 0.91], 30), group("cab-cnn", [0.8, 0.81], 60)])
    assert "That T = 30 s is best (Table 4) held here: 0.905 at 30 s, 0.805 at 60 s" in clear[0]
    worse = claims([group("cab-cnn", [0.8, 0.81], 30), group("cab-cnn", [0.9, 0.91], 60)])
    assert "did not hold here" in worse[0]
    within = claims([group("cab-cnn", [0.8, 0.9], 30), group("cab-cnn", [0.82, 0.9], 60)])
    assert "can't be told here" in within[0]
    assert "within the spread of the runs" in within[0]
    single = claims([group("cab-cnn", [0.9], 30), group("cab-cnn", [0.95], 60)])
    assert "can't be told here" in single[0]
    assert "one run each" in single[0]
    alike = claims([group("cab-cnn", [0.9], 30), group("cab-cnn", [0.9], 60)])
    assert "can't be told here: 0.900 at every T" in alike[0]
    without = claims([group("cab-cnn", [0.9], 5), group("cab-cnn", [0.95], 60)])
    assert without == ["Nothing to compare yet."]


def test_reconstructions_are_called_so_in_every_sentence():
    found = [
        group("cab-cnn", [0.9, 0.92]),
        group("gated-resnet", [0.7, 0.8]),
        group("attention-cnn", [1 / 3] * 2, **CONSTANT),
    ]
    for sentence in [*one_class(found), *claims(found)]:
        for title in ("GatedResNet", "AttentionCNN"):
            assert sentence.count(title) == sentence.count(f"{title} (reconstruction)")


def test_networks_that_say_one_thing_only_are_told():
    def of(model: str, *matrices: list[list[int]]) -> Group:
        return Group(model, 30, [{"confusion": matrix} for matrix in matrices])

    constant = of("alexnet", [[0, 4], [0, 9]], [[4, 0], [9, 0]])
    other = of("cab-cnn", [[0, 4], [0, 9]], [[3, 1], [0, 9]])
    assert one_class([other]) == []
    assert one_class([other, constant])[0].startswith("AlexNet predicted the same class")
    assert one_class([constant, constant])[0].startswith("All networks predicted")


def test_guessing_is_told_from_learning_by_two_standard_errors():
    # A third of 150 clips, 50 of each label: 0.333 with a standard error of 0.0385.
    assert group("alexnet", [0.34, 0.40]).at_guessing
    assert not group("alexnet", [0.34, 0.42]).at_guessing
