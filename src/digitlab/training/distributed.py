"""Distributed training: several processes train one network, by PyTorch's DistributedDataParallel.

Started by `torchrun --nproc-per-node 2 -m digitlab train ...`, on one machine or many. Every process
sees the same batches in the same order and takes its own part of each; gradients are averaged so
that a step is the step of the whole batch. Only the first process writes files and prints.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from digitlab.errors import SettingError
from digitlab.training.hyperparameters import Recipe

__all__ = ["ProcessGroup", "init_distributed", "is_main_process"]


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train one network together, and the rank of this one.

    Attributes:
        size: How many processes; 1 when this one trains alone.
        rank: Number of this one, from 0.
    """

    size: int = 1
    rank: int = 0

    def forward(self, network: nn.Module) -> Callable[[Tensor], Tensor]:
        """The forward pass of `network`, after whose backward pass gradients are averaged."""
        return network if self.size == 1 else DistributedDataParallel(network)

    def check(self, recipe: Recipe, n: int) -> None:
        """Checks that there is something for each process in every batch of `n` examples.

        Raises:
            SettingError: If a batch is smaller than the group.
        """
        last = 0 if recipe.drop_last else n % recipe.batch_size
        smallest = min(recipe.batch_size, last or recipe.batch_size)
        if smallest < self.size:
            raise SettingError(
                f"a batch of {smallest} examples cannot be shared by {self.size} processes",
                "Set drop_last=true or another batch_size, or start fewer processes.",
            )

    def shard(self, batch: Tensor) -> Tensor:
        """This process's shard of a batch `(R, n, ...)`, split along its second axis."""
        return batch if self.size == 1 else batch.tensor_split(self.size, dim=1)[self.rank]

    def scale_loss(self, loss: Tensor, shard: int, batch: int) -> Tensor:
        """The mean loss over `shard` examples, scaled so that the group's average is that of the batch."""
        return loss if self.size == 1 else loss * (shard * self.size / batch)

    def all_reduce_sum(self, value: Tensor) -> Tensor:
        """The sum of `value` over all processes, in every one of them."""
        if self.size > 1:
            dist.all_reduce(value)
        return value


def is_main_process() -> bool:
    """Whether this process is the first of its group, or alone; only it writes files and prints."""
    return os.environ.get("RANK", "0") == "0"


def init_distributed(device: str) -> ProcessGroup:
    """Joins the processes that `torchrun` started, or trains alone.

    Args:
        device: `cpu`: the backend is gloo; `cuda`: nccl, each process on the GPU of its local rank.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return ProcessGroup()
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device == "cuda" else "gloo")
    return ProcessGroup(size, dist.get_rank())
