"""`Step`: one training step of R networks that differ by seed; `AutogradStep` takes it for any network.

The loop (`loop.py`) decides which examples come, at which learning rate; a step does the forward pass,
the backward pass, gradient clipping and the update. There are two kinds: `AutogradStep` here, and
`DenseStep`, which is faster and knows dense layers only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from digitlab.networks import Dropout, Network
from digitlab.training.distributed import ProcessGroup
from digitlab.training.hardware import Hardware
from digitlab.training.hyperparameters import Recipe
from digitlab.training.optimizers import Optimizer, clip_gradients, make_optimizer
from digitlab.training.randomness import reseed

__all__ = ["AutogradStep", "Step", "StepSetup", "Weights", "copy_weights", "load_weights"]

Weights = dict[str, Tensor]
"""Parameters and buffers by name, as `Network.state_dict` has them."""


def copy_weights(network: nn.Module) -> Weights:
    """A copy of all parameters and buffers of `network`, by name."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


@dataclass(frozen=True)
class StepSetup:
    """What every step needs to know besides its networks.

    Attributes:
        recipe: How the networks are trained. Its seed is not used: each network has its own.
        hardware: Device, precision and threads.
        group: The processes that train together.
        first_layer: How many leading layers of a network are left out, because the inputs that the step
            is given have passed through them already.
        teachers: Trained networks of the same outputs, on the device, whose mean probabilities are targets
            with the weight `recipe.distillation`.
    """

    recipe: Recipe
    hardware: Hardware
    group: ProcessGroup = ProcessGroup()  # noqa: RUF009 - frozen
    first_layer: int = 0
    teachers: tuple[Network, ...] = ()


class Step(ABC):
    """Forward pass, backward pass, clipping and update of R networks of one architecture.

    Attributes:
        kind: `autograd` or `dense`; recorded with the run.
        networks: The R networks. Their parameters are live at any time.
        seeds: The seed of each.
        setup: As given.
        optimizer: Updates the parameters of all R networks in one call.
        live: All tensors that training changes: `optimizer.parameters`, then buffers.
        gradients: Of the last step, after clipping, laid out as `optimizer.parameters`; empty before it.
    """

    kind: str
    optimizer: Optimizer
    live: list[Tensor]
    gradients: list[Tensor]

    def __init__(self, networks: Sequence[Network], seeds: Sequence[int], setup: StepSetup) -> None:
        self.networks, self.seeds, self.setup = list(networks), list(seeds), setup

    @abstractmethod
    def take(self, inputs: Tensor, labels: Tensor, number: int, learning_rate: float) -> Tensor:
        """Takes one step.

        Args:
            inputs: `(R, batch, *shape)`, `float32`: for each network its own examples.
            labels: `(R, batch)`, `int64`.
            number: Number of the step, from 0; it seeds dropout.
            learning_rate: Of this step.

        Returns:
            The logits from which the gradients were computed, `(R, batch, classes)`.
        """

    @abstractmethod
    def by_network(self, tensors: Sequence[Tensor]) -> list[Weights]:
        """Views into tensors that are laid out as `live` or as a slot of the optimizer.

        Returns:
            For each network its parameters (and buffers, where `tensors` has them) by name.
        """

    @abstractmethod
    def release(self) -> None:
        """Gives every network parameters of its own, in memory that no other network shares."""

    def select(self, kept: Sequence[int]) -> Self:
        """A step of the networks at these indices, with the same weights and optimizer state."""
        networks, seeds = [self.networks[i] for i in kept], [self.seeds[i] for i in kept]
        state = {name: self.by_network(slot) for name, slot in self.optimizer.slots.items()}
        made = type(self)(networks, seeds, self.setup)
        made.load_slots({name: [weights[i] for i in kept] for name, weights in state.items()})
        made.optimizer.steps = self.optimizer.steps
        return made

    @torch.no_grad()
    def load_slots(self, slots: dict[str, list[Weights]]) -> None:
        """Loads the optimizer's state: for each slot, for each network, tensors by parameter name.

        Raises:
            KeyError: If a slot or a parameter is missing.
        """
        for name, tensors in self.optimizer.slots.items():
            load_weights(self.by_network(tensors), slots[name])


@torch.no_grad()
def load_weights(into: Sequence[Weights], weights: Sequence[Weights]) -> None:
    """Copies tensors by name, for each network.

    Raises:
        KeyError: If one is missing.
    """
    for target, source in zip(into, weights, strict=True):
        for name, tensor in target.items():
            tensor.copy_(source[name])


class AutogradStep(Step):
    """The step of any network: the backward pass is torch's autograd."""

    kind = "autograd"

    def __init__(self, networks: Sequence[Network], seeds: Sequence[int], setup: StepSetup) -> None:
        super().__init__(networks, seeds, setup)
        self._parameters = [list(network.parameters()) for network in networks]
        numbered = list(enumerate(networks))
        self._names = [(i, name) for i, network in numbered for name, _ in network.named_parameters()]
        self._names += [(i, name) for i, network in numbered for name, _ in network.named_buffers()]
        parameters = [parameter for own in self._parameters for parameter in own]
        self.live = [*parameters, *(buffer for network in networks for buffer in network.buffers())]
        self.optimizer = make_optimizer([parameter.detach() for parameter in parameters], setup.recipe)
        self._forward = [setup.group.forward(_body(network, setup.first_layer)) for network in networks]
        self._dropout = [_seeded_dropout(network, setup.hardware.device) for network in networks]
        self.gradients = []

    def take(self, inputs: Tensor, labels: Tensor, number: int, learning_rate: float) -> Tensor:
        """Takes one step; see `Step.take`."""
        recipe, hardware, group = self.setup.recipe, self.setup.hardware, self.setup.group
        whole = labels.shape[1]
        inputs, labels = group.shard(inputs), group.shard(labels)
        every = []
        for i, forward in enumerate(self._forward):
            generator = self._dropout[i]
            if generator is not None:
                reseed(generator, self.seeds[i], "dropout", number)
            with hardware.autocast():
                logits = forward(inputs[i])
            loss = cross_entropy(logits.float(), labels[i], label_smoothing=recipe.label_smoothing)
            if self.setup.teachers:
                target = _teacher_probabilities(self.setup, inputs[i])
                loss = torch.lerp(loss, cross_entropy(logits.float(), target), recipe.distillation)
            group.scale_loss(loss, labels.shape[1], whole).backward()
            every.append(logits.detach())
        self.gradients = gradients = []
        for own in self._parameters:
            found = [parameter.grad for parameter in own if parameter.grad is not None]
            clip_gradients([gradient.unsqueeze(0) for gradient in found], recipe)
            gradients += found
        self.optimizer.update(gradients, learning_rate)
        for own in self._parameters:
            for parameter in own:
                parameter.grad = None
        return torch.stack(every)

    def by_network(self, tensors: Sequence[Tensor]) -> list[Weights]:
        """The tensors themselves, by network and name; see `Step.by_network`."""
        found: list[Weights] = [{} for _ in self.networks]
        for (i, name), tensor in zip(self._names, tensors, strict=False):  # slots have no buffers
            found[i][name] = tensor.detach()
        return found

    def release(self) -> None:
        """Nothing to do: the networks share no memory."""


@torch.no_grad()
def _teacher_probabilities(setup: StepSetup, inputs: Tensor) -> Tensor:
    """The mean of the teachers' probabilities for the same inputs, `(batch, outputs)`."""
    with setup.hardware.autocast():
        every = [teacher.outputs(inputs) for teacher in setup.teachers]
    return torch.stack([outputs.float().softmax(1) for outputs in every]).mean(0)


class _Outputs(nn.Module):
    """A network whose forward pass gives all its outputs, "no digit" among them."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network.outputs(images)


def _body(network: Network, first_layer: int) -> nn.Module:
    """The network without its first layers, and with its no-digit output."""
    if network.no_digit is not None:
        return _Outputs(network)
    return nn.Sequential(*list(network.layers.values())[first_layer:]) if first_layer else network


def _seeded_dropout(network: Network, device: str) -> torch.Generator | None:
    """Gives the dropout layers one generator, to be reseeded at every step; None if nothing is dropped."""
    generator = torch.Generator(device)
    layers = [layer for layer in network.modules() if isinstance(layer, Dropout)]
    for layer in layers:
        layer.generator = generator
    return generator if any(layer.rate for layer in layers) else None
