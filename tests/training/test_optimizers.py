"""One or two steps of each optimizer, worked by hand."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from digitlab.training import Recipe
from digitlab.training.optimizers import SGD, Adam, clip_gradients, make_optimizer


def _after(recipe, weights, *gradients):
    """The weights after one update for each gradient."""
    weight = torch.tensor(weights, dtype=torch.float64)
    optimizer = make_optimizer([weight], recipe)
    for gradient in gradients:
        optimizer.update([torch.tensor(gradient, dtype=torch.float64)], recipe.learning_rate)
    return weight.tolist()


def test_sgd():
    # 1 - 0.5 * 0.2 = 0.9; with weight decay 0.1: 1 - 0.5 * (0.2 + 0.1 * 1) = 0.85
    assert _after(Recipe(optimizer="sgd", learning_rate=0.5), [1.0], [0.2]) == pytest.approx([0.9])
    recipe = Recipe(optimizer="sgd", learning_rate=0.5, weight_decay=0.1)
    assert _after(recipe, [1.0], [0.2]) == pytest.approx([0.85])
    # sgd has no momentum, whatever that field says
    recipe = replace(Recipe(optimizer="sgd", learning_rate=0.5), momentum=0.9)
    assert _after(recipe, [1.0], [0.2], [0.2]) == pytest.approx([0.8])


def test_momentum():
    # v1 = 0.2, w = 1 - 0.5 * 0.2 = 0.9; v2 = 0.8 * 0.2 + 0.4 = 0.56, w = 0.9 - 0.28 = 0.62
    recipe = Recipe(optimizer="momentum", learning_rate=0.5, momentum=0.8)
    assert _after(recipe, [1.0], [0.2], [0.4]) == pytest.approx([0.62])


def test_nesterov():
    # v1 = 0.2, w = 1 - 0.5 * (0.2 + 0.8 * 0.2) = 0.82
    # v2 = 0.8 * 0.2 + 0.4 = 0.56, w = 0.82 - 0.5 * (0.4 + 0.8 * 0.56) = 0.82 - 0.424 = 0.396
    recipe = Recipe(optimizer="nesterov", learning_rate=0.5, momentum=0.8)
    assert _after(recipe, [1.0], [0.2], [0.4]) == pytest.approx([0.396])


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adam(name):
    recipe = Recipe(optimizer=name, learning_rate=0.1, betas=(0.5, 0.75), epsilon=0.1)
    # Step 1: m = 0.5 * 0.4 = 0.2, of which 0.2 / (1 - 0.5) = 0.4; v = 0.25 * 0.16 = 0.04, of which
    # 0.04 / (1 - 0.75) = 0.16, root 0.4. w = 1 - 0.1 * 0.4 / (0.4 + 0.1) = 0.92.
    assert _after(recipe, [1.0], [0.4]) == pytest.approx([0.92])
    # Step 2 with gradient 0: m = 0.1, of which 0.1 / 0.75 = 0.13333; v = 0.03, of which
    # 0.03 / (1 - 0.5625) = 0.068571, root 0.261861. w = 0.92 - 0.1 * 0.13333 / 0.361861.
    assert _after(recipe, [1.0], [0.4], [0.0]) == pytest.approx([0.92 - 0.1 * (0.1 / 0.75) / 0.3618614])


def test_weight_decay_of_adam_and_adamw():
    # adam adds it to the gradient: of 0.0 + 0.5 * 2 the first step is 0.1 * g / (|g| + eps), about 0.1
    recipe = Recipe(optimizer="adam", learning_rate=0.1, weight_decay=0.5)
    assert _after(recipe, [2.0], [0.0]) == pytest.approx([1.9])
    # adamw takes rate * decay * weight = 0.1 * 0.5 * 2 off the weight itself
    recipe = Recipe(optimizer="adamw", learning_rate=0.1, weight_decay=0.5)
    assert _after(recipe, [2.0], [0.0]) == pytest.approx([1.9])
    recipe = Recipe(optimizer="adamw", learning_rate=0.1, weight_decay=0.25)
    assert _after(recipe, [2.0], [0.0]) == pytest.approx([1.95])


def test_rmsprop_two_steps_by_hand():
    recipe = Recipe(optimizer="rmsprop", learning_rate=0.1, rho=0.75, epsilon=0.01)
    # Step 1, g = 0.4: s = 0.25 * 0.16 = 0.04; w = 1 - 0.1 * 0.4 / sqrt(0.04 + 0.01) = 1 - 0.04 / 0.2236068
    first = 1 - 0.04 / 0.2236068
    assert _after(recipe, [1.0], [0.4]) == pytest.approx([first])
    # Step 2, g = -0.2: s = 0.75 * 0.04 + 0.25 * 0.04 = 0.04; w += 0.1 * 0.2 / sqrt(0.05)
    assert _after(recipe, [1.0], [0.4], [-0.2]) == pytest.approx([first + 0.02 / 0.2236068])


def test_rmsprops_epsilon_stands_inside_the_root():
    recipe = Recipe(optimizer="rmsprop", learning_rate=1e-3, rho=0.9, epsilon=1e-7)
    # A tiny gradient 1e-6: s = 0.1 * 1e-12 is nothing beside 1e-7, whose root is 3.16e-4:
    # the step is 1e-3 * 1e-6 / 3.16e-4 = 3.16e-6. With epsilon outside it would be 1e-9 / (3.16e-7 + 1e-7).
    assert _after(recipe, [0.0], [1e-6]) == pytest.approx([-1e-9 / math.sqrt(1e-7)], rel=1e-4)


def test_rmsprop_weight_decay():
    recipe = Recipe(optimizer="rmsprop", learning_rate=0.1, rho=0.0, epsilon=1e-12, weight_decay=0.5)
    # g = 0.2 + 0.5 * 2 = 1.2; with rho 0, s = g^2, so the step is the rate: 2 - 0.1
    assert _after(recipe, [2.0], [0.2]) == pytest.approx([1.9])
    # 0.1 + 0.5 * -0.2 = 0: no step
    assert _after(recipe, [-0.2], [0.1]) == pytest.approx([-0.2])


def _gradients(*gradients):
    """Of one network: each `(1, n)`."""
    return [torch.tensor([gradient], dtype=torch.float64) for gradient in gradients]


def test_clipping_per_tensor():
    gradients = _gradients([3.0, 4.0], [0.6, 0.8], [0.3, 0.4])
    clip_gradients(gradients, Recipe(max_grad_norm=1, clip_mode="per-tensor"))
    # tf.clip_by_norm: g * 1 / max(|g|, 1); the norms are 5, 1 and 0.5
    for gradient, expected in zip(gradients, ([0.6, 0.8], [0.6, 0.8], [0.3, 0.4]), strict=True):
        assert gradient[0].tolist() == pytest.approx(expected, rel=2e-6)


def test_clipping_globally():
    gradients = _gradients([2.0, 4.0], [4.0, 0.0])
    clip_gradients(gradients, Recipe(max_grad_norm=3, clip_mode="global"))
    # norm of all: sqrt(4 + 16 + 16) = 6, so everything is halved
    assert gradients[0][0].tolist() == pytest.approx([1, 2], rel=2e-6)
    assert gradients[1][0].tolist() == pytest.approx([2, 0], rel=2e-6)
    clip_gradients(gradients, Recipe(max_grad_norm=3.1, clip_mode="global"))
    assert gradients[0][0].tolist() == pytest.approx([1, 2], rel=2e-6)


@pytest.mark.parametrize("mode", ["global", "per-tensor"])
def test_each_of_several_networks_is_clipped_by_itself(mode):
    long, short = (
        [torch.tensor([3.0, 4.0]), torch.tensor([[12.0]])],
        [torch.tensor([0.3, 0.4]), torch.tensor([[0.0]])],
    )
    stacked = [torch.stack(pair) for pair in zip(long, short, strict=True)]
    clip_gradients(stacked, Recipe(max_grad_norm=1, clip_mode=mode))
    # the first: norms 5 and 12, of all 13; the second is shorter than 1 either way
    first = ([3 / 13, 4 / 13], [[12 / 13]]) if mode == "global" else ([0.6, 0.8], [[1.0]])
    torch.testing.assert_close(stacked[0], torch.tensor([first[0], [0.3, 0.4]]))
    torch.testing.assert_close(stacked[1], torch.tensor([first[1], [[0.0]]]))


def test_no_clipping():
    gradients = _gradients([300.0])
    clip_gradients(gradients, Recipe())
    assert gradients[0].tolist() == [[300]]


def test_one_flat_tensor_is_updated_as_its_parts_are():
    generator = torch.Generator().manual_seed(0)
    start, gradients = torch.rand(60, generator=generator), torch.randn(5, 60, generator=generator)
    for name in ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"):
        recipe = Recipe(optimizer=name, learning_rate=0.01, weight_decay=0.1)
        flat, parts = start.clone(), [start[:17].clone(), start[17:].clone()]
        one, two = make_optimizer([flat], recipe), make_optimizer(parts, recipe)
        for gradient in gradients:
            one.update([gradient], 0.01)
            two.update([gradient[:17], gradient[17:]], 0.01)
        torch.testing.assert_close(flat, torch.cat(parts))


@pytest.mark.parametrize("decoupled", [False, True])
def test_adam_is_that_of_torch(decoupled):
    generator = torch.Generator().manual_seed(0)
    ours = torch.rand(50, generator=generator)
    theirs = nn.Parameter(ours.clone())
    fused = Adam([ours], (0.7, 0.9), 1e-7, 0.01, decoupled)
    kind = torch.optim.AdamW if decoupled else torch.optim.Adam
    plain = kind([theirs], lr=0.01, betas=(0.7, 0.9), eps=1e-7, weight_decay=0.01, foreach=False)
    for size in (1.0, 1e-3, 1e-7, 0.0, 1.0):
        gradient = size * torch.randn(50, generator=generator)
        theirs.grad = gradient.clone()
        fused.update([gradient], 0.01)
        plain.step()
        torch.testing.assert_close(ours, theirs.detach())


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_is_that_of_torch(nesterov):
    generator = torch.Generator().manual_seed(0)
    ours = torch.rand(50, generator=generator)
    theirs = nn.Parameter(ours.clone())
    fused = SGD([ours], 0.9, nesterov, 0.01)
    plain = torch.optim.SGD(
        [theirs], lr=0.1, momentum=0.9, nesterov=nesterov, weight_decay=0.01, foreach=False
    )
    for _ in range(5):
        gradient = torch.randn(50, generator=generator)
        theirs.grad = gradient.clone()
        fused.update([gradient], 0.1)
        plain.step()
        torch.testing.assert_close(ours, theirs.detach())
