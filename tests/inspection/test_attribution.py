"""Saliency, integrated gradients and occlusion: by hand, against Captum, and what they promise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, Occlusion, Saliency

from digitlab.data import mnist
from digitlab.errors import DataError, SettingError
from digitlab.evaluation import predict_logits
from digitlab.inspection import integrated_gradients, occlusion, saliency
from digitlab.networks import build

NETWORKS = {
    "mlp": {"hidden": (20,), "seed": 1},
    "swift": {"width": 4, "seed": 2},
    "mlp-sigmoid": {"hidden": (20,), "activation": "sigmoid", "seed": 3},
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    return build(request.param.partition("-")[0], **NETWORKS[request.param]).eval()


@pytest.fixture(scope="module")
def ink():
    return mnist("test").take(5).ink()[3]


@pytest.fixture
def linear():
    """Logit 3 is 2 a - b + 0.5 d + 0.25 of the image [[a, b], [c, d]]; the others are 0."""
    network = build("softmax", inputs=4)
    with torch.no_grad():
        network.layers["logits"].weight[3] = torch.tensor([2.0, -1.0, 0.0, 0.5])
        network.layers["logits"].bias[3] = 0.25
    return network.eval()


IMAGE = np.array([[0.5, 1.0], [1.0, 0.0]], dtype=np.float32)


def test_saliency_of_a_linear_network_is_its_weights(linear):
    assert saliency(linear, IMAGE, 3).tolist() == [[2, 1], [0, 0.5]]


def test_integrated_gradients_of_a_linear_network_are_ink_times_weights(linear):
    found = integrated_gradients(linear, IMAGE, 3)
    assert found.attributions == pytest.approx(np.array([[1.0, -1.0], [0.0, 0.0]]))  # 0.5 * 2, 1 * -1
    assert found.logit == pytest.approx(0.25)  # 1 - 1 + 0.25
    assert found.baseline_logit == pytest.approx(0.25)
    assert found.completeness_error == pytest.approx(0, abs=1e-6)


def test_occlusion_of_single_pixels(linear):
    found = occlusion(linear, IMAGE, 3, patch=1)
    assert found.logit_drop == pytest.approx(np.array([[1.0, -1.0], [0.0, 0.0]]))
    # Without the upper left pixel the logit is 0.25 - 1 = -0.75, and nine logits are 0.
    assert found.probabilities[0, 0] == pytest.approx(np.exp(-0.75) / (np.exp(-0.75) + 9))
    assert found.probability == pytest.approx(np.exp(0.25) / (np.exp(0.25) + 9))
    assert found.logit == pytest.approx(0.25)


def test_a_patch_covers_what_is_around_its_middle(linear):
    # In a 2x2 image a 3x3 patch covers everything, wherever its middle is.
    assert occlusion(linear, IMAGE, 3, patch=3).logit_drop == pytest.approx(np.zeros((2, 2)))


def test_saliency_is_captums(network, ink):
    theirs = Saliency(network).attribute(torch.from_numpy(ink[None]).requires_grad_(), target=4)
    assert saliency(network, ink, 4) == pytest.approx(theirs[0].detach().numpy(), abs=1e-6)


def test_integrated_gradients_are_captums(network, ink):
    theirs = IntegratedGradients(network).attribute(
        torch.from_numpy(ink[None]), target=4, n_steps=50, method="gausslegendre"
    )
    ours = integrated_gradients(network, ink, 4, steps=50).attributions
    assert ours == pytest.approx(theirs[0].numpy(), abs=1e-5)


def test_integrated_gradients_take_more_steps_than_fit_in_a_batch(network, ink):
    few = integrated_gradients(network, ink, 4, steps=40)
    many = integrated_gradients(network, ink, 4, steps=150)
    assert many.attributions == pytest.approx(few.attributions, abs=0.02)


def test_integrated_gradients_are_complete(network, ink):
    logits = predict_logits(network, torch.from_numpy(np.stack([ink, np.zeros_like(ink)])))
    for digit in (0, 4, 9):
        found = integrated_gradients(network, ink, digit)
        difference = logits[0, digit] - logits[1, digit]
        assert found.attributions.sum() == pytest.approx(difference, abs=0.01)
        assert found.completeness_error == pytest.approx(found.attributions.sum() - difference, abs=1e-5)


def test_occlusion_of_pixels_is_captums(network, ink):
    theirs = Occlusion(network).attribute(torch.from_numpy(ink[None]), (1, 1), target=4)
    assert occlusion(network, ink, 4, patch=1).logit_drop == pytest.approx(theirs[0].numpy(), abs=1e-5)


def test_occlusion_by_patches_is_captums(network, ink):
    """Captum gives a pixel the mean over the patches, wholly inside, that cover it; we give it to middles."""
    theirs = Occlusion(network).attribute(torch.from_numpy(ink[None]), (5, 5), target=4)
    logit_drop = occlusion(network, ink, 4, patch=5).logit_drop
    total, times = np.zeros(ink.shape), np.zeros(ink.shape)
    for row in range(2, 26):
        for column in range(2, 26):
            covered = np.s_[row - 2 : row + 3, column - 2 : column + 3]
            total[covered] += logit_drop[row, column]
            times[covered] += 1
    assert total / times == pytest.approx(theirs[0].numpy(), abs=1e-5)


def test_the_network_stays_as_it_was(ink):
    network = build("mlp", hidden=(5,), seed=1).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    saliency(network, ink, 1)
    integrated_gradients(network, ink, 1)
    occlusion(network, ink, 1)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not network.training


@pytest.mark.parametrize("method", [saliency, integrated_gradients, occlusion])
def test_what_does_not_fit_is_refused(method, linear):
    with pytest.raises(SettingError, match="no digit number 10"):
        method(linear, IMAGE, 10)
    with pytest.raises(DataError, match="takes inputs of 4; these are 3 x 3"):
        method(linear, np.zeros((3, 3), dtype=np.float32), 3)


def test_a_patch_has_a_middle_and_an_integral_has_steps(linear):
    for patch in (0, -1, 2):
        with pytest.raises(SettingError, match=f"a patch of {patch} pixels"):
            occlusion(linear, IMAGE, 3, patch=patch)
    with pytest.raises(SettingError, match="in 0 steps"):
        integrated_gradients(linear, IMAGE, 3, steps=0)
