"""Several processes that train one network together, by PyTorch's own DistributedDataParallel.

Started by `torchrun --nproc-per-node 2 -m digitlab train ...`, on one machine or many. Every process
sees the same batches in the same order and takes its own part of each; gradients are averaged so
that a step is the step of the whole batch. The first process alone writes and speaks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from digitlab.errors import SettingError
from digitlab.networks import Network
from digitlab.training.recipe import Recipe

__all__ = ["ProcessGroup", "init_distributed", "is_main_process"]


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train together, and this one's place among them.

    Attributes:
        size: How many processes; 1 when this one trains alone.
        rank: Number of this one, from 0.
    """

    size: int = 1
    rank: int = 0

    def forward(self, network: Network) -> Callable[[Tensor], Tensor]:
        """The forward pass of `network`, after whose backward pass gradients are averaged."""
        return network if self.size == 1 else DistributedDataParallel(network)

    def check(self, recipe: Recipe, n: int) -> None:
        """Checks that there is something for each process in every batch of `n` examples.

        Raises:
            SettingError: If a batch is smaller than the team.
        """
        last = 0 if recipe.drop_last else n % recipe.batch_size
        smallest = min(recipe.batch_size, last or recipe.batch_size)
        if smallest < self.size:
            raise SettingError(
                f"a batch of {smallest} examples cannot be shared by {self.size} processes",
                "Set drop_last=true or another batch_size, or start fewer processes.",
            )

    def part(self, batch: Tensor) -> Tensor:
        """This process's part of a batch `(n, ...)`."""
        return batch if self.size == 1 else batch.tensor_split(self.size)[self.rank]

    def weighted(self, loss: Tensor, part: int, batch: int) -> Tensor:
        """The mean loss over `part` examples, so weighted that the team's average is that of the batch."""
        return loss if self.size == 1 else loss * (part * self.size / batch)

    def total(self, value: Tensor) -> Tensor:
        """The sum of `value` over all processes, in every one of them."""
        if self.size > 1:
            dist.all_reduce(value)
        return value


def is_main_process() -> bool:
    """Whether this process is the first of its team, or alone."""
    return os.environ.get("RANK", "0") == "0"


def init_distributed(device: str) -> ProcessGroup:
    """Joins the processes that `torchrun` started, or trains alone.

    Args:
        device: `cpu`: they speak by gloo; `cuda`: by nccl, each on the GPU of its local rank.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return ProcessGroup()
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device == "cuda" else "gloo")
    return ProcessGroup(size, dist.get_rank())
