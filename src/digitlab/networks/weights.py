"""Weights files: safetensors that carry the network's name and options."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from digitlab.arguments import check_arguments
from digitlab.errors import ModelError, SettingError
from digitlab.files import atomic_write
from digitlab.networks.network import Network
from digitlab.networks.registry import architecture, build

__all__ = ["SCHEMA_VERSION", "describe", "load_network", "load_weights", "save_network"]

SCHEMA_VERSION = 1


def describe(network: Network) -> str:
    """What a file must carry to build `network` again, as JSON."""
    return json.dumps({"schema_version": SCHEMA_VERSION, "network": network.name, "options": network.options})


@check_arguments
def save_network(network: Network, path: str | os.PathLike[str]) -> None:
    """Writes the weights and buffers of `network` to `path`, whole or not at all.

    Raises:
        OutputError: If the operating system refuses.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    content = safetensors.torch.save(tensors, {"digitlab": describe(network)})
    with atomic_write(Path(path)) as temporary:
        temporary.write_bytes(content)


@check_arguments
def load_network(path: str | os.PathLike[str]) -> Network:
    """Builds the network that a weights file describes and loads its weights. Runs no code of it.

    Returns:
        The network in evaluation mode.

    Raises:
        ModelError: If the file cannot be read, is not ours, is of a newer version, or does not
            hold exactly the weights of the network it names.
    """
    path = Path(path)
    description = _description(path)
    try:
        name = str(description["network"])
        options = architecture(name).with_defaults(description["options"])
        with torch.device("meta"):  # shapes only: a damaged file may ask for gigabytes
            network = build(name, **options)
    except (SettingError, TypeError, KeyError) as error:
        reason = error.problem if isinstance(error, SettingError) else repr(error)
        raise ModelError(
            f"{path} names a network that cannot be built: {reason}",
            "It may come from another version of digitlab: use that one, or train and export it again.",
        ) from None
    network.load_state_dict(_fitting_tensors(network, path), assign=True)
    return network.eval()


def load_weights(network: Network, path: Path) -> None:
    """Loads the weights in `path` into `network`, which must fit exactly.

    Raises:
        ModelError: If the file cannot be read, or a weight is missing, unknown, of another shape or
            type, or not a number.
    """
    network.load_state_dict(_fitting_tensors(network, path))


def _fitting_tensors(network: Network, path: Path) -> dict[str, Tensor]:
    """The tensors in `path`, which are exactly those of `network`, copied out of the file."""
    try:
        tensors = safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise _unreadable(path, error) from None
    expected = network.state_dict()
    for name in sorted(expected.keys() | tensors.keys()):
        here, there = _form(expected.get(name)), _form(tensors.get(name))
        if here != there:
            raise ModelError(
                f"{path} does not fit {network.name}: {name} is {there} in the file, {here} in the network",
                "Build the network with the options the file was saved with, or load the file by itself.",
            )
        if not tensors[name].isfinite().all():
            raise ModelError(
                f"{path}: {name} holds values that are not numbers",
                "The file is damaged, or its training diverged. Train again with a lower learning rate.",
            )
    return {name: value.clone() for name, value in tensors.items()}


def _form(tensor: Tensor | None) -> str:
    if tensor is None:
        return "not there"
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"


def _description(path: Path) -> dict[str, Any]:
    try:
        with safetensors.safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get("digitlab", "")
    except (safetensors.SafetensorError, OSError) as error:
        raise _unreadable(path, error) from None
    try:
        description = json.loads(text)
        version = description["schema_version"]
    except (json.JSONDecodeError, KeyError, TypeError):
        raise ModelError(
            f"{path} does not say which network its weights belong to",
            "Use a file that digitlab wrote: a run's model.safetensors or an export.",
        ) from None
    if version != SCHEMA_VERSION:
        raise ModelError(
            f"{path} is of schema version {version!r}; this digitlab reads version {SCHEMA_VERSION}",
            "Update digitlab, or export the file again.",
        )
    plain: dict[str, Any] = description
    return plain


def _unreadable(path: Path, error: Exception) -> ModelError:
    reason = getattr(error, "strerror", None) or str(error)
    return ModelError(
        f"cannot read weights from {path}: {reason}", "Give a .safetensors file that digitlab wrote."
    )
