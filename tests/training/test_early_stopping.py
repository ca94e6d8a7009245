"""Early stopping and the best weights, worked by hand."""

import torch

from digitlab.networks import build
from digitlab.training import HistoryEntry, Recipe, describe_overfitting
from digitlab.training.state import EarlyStopping


def _set(network, value):
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(value)


def _period(number, loss, accuracy=0.5):
    return HistoryEntry(number, number * 10, number, 0.1, 1.0, 0.5, loss, accuracy)


def _follow(recipe, losses, accuracies=None):
    """Early stopping after entries with these figures (weights of entry i are all i), and its end."""
    network, best = build("softmax", inputs=2), EarlyStopping(recipe)
    ends = None
    for number, loss in enumerate(losses, start=1):
        _set(network, number)
        best.update(_period(number, loss, accuracies[number - 1] if accuracies else 0.5), network)
        if ends is None and best.should_stop(number):
            ends = number
    return best, ends


def test_best_by_loss():
    best, ends = _follow(Recipe(patience=2), [0.9, 0.5, 0.7, 0.6, 0.8])
    assert best.best.entry == 2
    assert (best.weights["layers.logits.weight"] == 2).all()
    assert ends == 4  # two periods, 3 and 4, brought nothing better


def test_equal_is_not_better():
    best, ends = _follow(Recipe(patience=2), [0.5, 0.5, 0.5])
    assert (best.best.entry, ends) == (1, 3)


def test_best_by_accuracy():
    recipe = Recipe(patience=1, monitor="validation_accuracy")
    best, ends = _follow(recipe, [0.1, 0.5, 0.9, 0.2], [0.7, 0.8, 0.9, 0.85])
    assert (best.best.entry, ends) == (3, 4)
    assert (best.weights["layers.logits.bias"] == 3).all()


def test_weights_are_kept_only_when_they_will_be_restored():
    best, ends = _follow(Recipe(patience=1, restore_best=False), [0.5, 0.9])
    assert (best.best.entry, ends) == (1, 2)
    assert best.weights == {}


def test_without_patience_nothing_is_kept():
    best, ends = _follow(Recipe(), [0.5, 0.9, 0.9])
    assert (best.best, best.weights, ends) == (None, {}, None)


def test_a_target_is_reached_by_an_entry_that_is_as_good():
    by_accuracy = EarlyStopping(Recipe(until="validation_accuracy=0.9"))
    reached = [by_accuracy.reached(_period(1, 0.5, accuracy)) for accuracy in (0.89, 0.9, 0.91)]
    assert reached == [False, True, True]
    by_loss = EarlyStopping(Recipe(until="validation_loss=0.5"))
    assert [by_loss.reached(_period(1, loss)) for loss in (0.6, 0.5, 0.4)] == [False, True, True]
    assert not EarlyStopping(Recipe()).reached(_period(1, 0.0, 1.0))


def test_overfitting_by_hand():
    def entries(*losses):
        return [HistoryEntry(i, i, i, 0.1, a, 0.5, b, 0.5) for i, (a, b) in enumerate(losses, start=1)]

    worse = entries((0.5, 0.50), (0.3, 0.40), (0.2, 0.41), (0.1, 0.45))
    assert describe_overfitting(worse) == (
        "It overfits: since entry 2 the validation loss rose from 0.4000 to 0.4500, while the training loss "
        "fell from 0.3000 to 0.1000."
    )
    assert describe_overfitting(worse[:3]) == ""  # one entry later, and 2.5 % above
    assert (
        describe_overfitting(entries((0.5, 0.4), (0.3, 0.40), (0.6, 0.45))) == ""
    )  # training gets worse, too
    assert describe_overfitting(entries((0.5, None), (0.3, None))) == ""
    late = entries(*[(1 / i, 1 / i) for i in range(1, 38)], (0.02, 0.03), (0.01, 0.03), (0.005, 0.03))
    assert describe_overfitting(late) == ""  # three of forty entries after the best: that may be noise
    assert describe_overfitting(worse, label_smoothing=0.1) == ""
    assert describe_overfitting([]) == ""
