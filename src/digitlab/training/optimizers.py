"""Optimizers by name, each step one pass over the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from digitlab.training.recipe import Recipe

__all__ = ["Adam", "RMSprop", "clip_gradients", "make_optimizer"]


class RMSprop(torch.optim.Optimizer):
    """RMSprop as TensorFlow and Keras have it: `epsilon` stands inside the square root.

        s <- rho s + (1 - rho) g^2;    w <- w - rate g / sqrt(s + epsilon)

    (`tf.raw_ops.ApplyRMSProp`.) torch's own adds epsilon to the root. Late in training, when
    gradients are small, that difference decides how noisy the steps are: with epsilon 1e-7 the
    divisor here never falls below 3.2e-4.

    Args:
        parameters: What to train.
        lr: Learning rate.
        rho: Decay of the mean square, in [0, 1).
        epsilon: Added to the mean square, above 0.
        weight_decay: Times the weight, added to its gradient.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 1e-3,
        rho: float = 0.9,
        epsilon: float = 1e-7,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "rho": rho, "epsilon": epsilon, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Takes one step from the gradients that the parameters hold.

        By torch's fused Adagrad, m <- m + g^2; w <- w - rate g / sqrt(m), which is the formula above for
        m = (s + epsilon) / (1 - rho) and rate / sqrt(1 - rho), once m has been moved towards
        epsilon / (1 - rho) by its share 1 - rho. Measured for 784-700-10 on one core: 0.39 ms, against
        0.51 ms by the fused Adam with beta1 = 0, which writes the gradient back as its first moment.
        """
        for group in self.param_groups:
            weights = [p for p in group["params"] if p.grad is not None]
            if not weights:
                continue
            new = 1 - group["rho"]
            rest = torch.full((), group["epsilon"] / new, device=weights[0].device, dtype=weights[0].dtype)
            squares = [self._kept(p, rest) for p in weights]
            for square in squares:
                square.lerp_(rest, new)
            first = torch.ones((), device=weights[0].device)
            torch._fused_adagrad_(
                weights,
                [p.grad for p in weights],
                squares,
                [first] * len(weights),
                lr=group["lr"] / new**0.5,
                lr_decay=0.0,
                weight_decay=group["weight_decay"],
                eps=0.0,
                maximize=False,
            )

    def _kept(self, parameter: nn.Parameter, rest: Tensor) -> Tensor:
        """Mean square of the gradients of `parameter` so far, as `step` keeps it; at rest without any."""
        state = self.state[parameter]
        if "mean_square" not in state:
            state["mean_square"] = torch.full_like(parameter, rest.item())
        square: Tensor = state["mean_square"]
        return square


class Adam(torch.optim.Optimizer):
    """Adam (Kingma and Ba 2015), or with `decoupled` weight decay AdamW (Loshchilov and Hutter 2019).

    The figures are those of `torch.optim.Adam(fused=True)`, whose one kernel is called here without
    what torch does around it in every step: for small networks that takes longer than the kernel.

    Args:
        parameters: What to train.
        lr: Learning rate.
        betas: Decay of the mean gradient and of its mean square, each in [0, 1).
        epsilon: Added to the root of the mean square, above 0.
        weight_decay: Times the weight, added to its gradient; if decoupled, taken off the weight.
        decoupled: Whether this is AdamW.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled: bool = False,
    ) -> None:
        fields = {"lr": lr, "betas": betas, "epsilon": epsilon, "weight_decay": weight_decay}
        super().__init__(parameters, {**fields, "decoupled": decoupled})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Takes one step from the gradients that the parameters hold."""
        for group in self.param_groups:
            weights = [p for p in group["params"] if p.grad is not None]
            if not weights:
                continue
            states = [self._state(p) for p in weights]
            for state in states:
                state["step"] += 1
            now = torch.full((), float(states[0]["step"]), device=weights[0].device)
            update = torch._fused_adamw_ if group["decoupled"] else torch._fused_adam_
            update(
                weights,
                [p.grad for p in weights],
                [state["mean"] for state in states],
                [state["mean_square"] for state in states],
                [],
                [now] * len(weights),
                lr=group["lr"],
                beta1=group["betas"][0],
                beta2=group["betas"][1],
                weight_decay=group["weight_decay"],
                eps=group["epsilon"],
                amsgrad=False,
                maximize=False,
            )

    def _state(self, parameter: nn.Parameter) -> dict[str, Any]:
        """Steps taken, mean gradient and mean square of `parameter` so far."""
        state: dict[str, Any] = self.state[parameter]
        if not state:
            state["step"] = 0
            state["mean"] = torch.zeros_like(parameter)
            state["mean_square"] = torch.zeros_like(parameter)
        return state


def make_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimizer that `recipe` names, over all parameters of `network`; each step is one fused pass."""
    weights = list(network.parameters())
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "rmsprop":
        return RMSprop(weights, rate, recipe.rho, recipe.epsilon, decay)
    if recipe.optimizer in ("adam", "adamw"):
        return Adam(weights, rate, recipe.betas, recipe.epsilon, decay, recipe.optimizer == "adamw")
    momentum = 0.0 if recipe.optimizer == "sgd" else recipe.momentum
    nesterov = recipe.optimizer == "nesterov"
    return torch.optim.SGD(weights, rate, momentum, nesterov=nesterov, weight_decay=decay, fused=True)


def clip_gradients(weights: list[nn.Parameter], recipe: Recipe) -> None:
    """Shortens gradients that are longer than `recipe.max_grad_norm`, keeping their direction.

    `per-tensor` measures and shortens the gradient of each weight matrix and bias by itself, as
    source 000 does; `global` measures all of them as one vector (Pascanu et al. 2013).
    """
    if recipe.max_grad_norm is None:
        return
    for together in [weights] if recipe.clip_mode == "global" else [[weight] for weight in weights]:
        nn.utils.clip_grad_norm_(together, recipe.max_grad_norm)
