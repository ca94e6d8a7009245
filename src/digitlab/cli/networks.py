"""`digitlab networks`: the networks there are, and the layer table of each."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli.output import AsJson, print_json

if TYPE_CHECKING:
    from digitlab.networks import Network

__all__ = ["networks"]


def networks(
    network: Annotated[str | None, typer.Argument(help="Show this one's layer table and options.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the network.", metavar="NAME=VALUE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the networks, or show the layers of one."""
    from digitlab.networks import ARCHITECTURES, architecture, build
    from digitlab.settings import parse_assignments

    if network is not None:
        options = architecture(network).with_defaults(parse_assignments(option or []))
        _show(build(network, **options), as_json)
        return
    built = {name: build(name) for name in ARCHITECTURES}
    if as_json:
        print_json({"networks": [_as_json(one) for one in built.values()]})
        return
    for name, one in built.items():
        print(f"{name:<12} {one.parameter_count():>10,} parameters  {ARCHITECTURES[name].summary}")


def _show(network: Network, as_json: bool) -> None:
    from digitlab.networks import layer_table, layer_table_text

    if as_json:
        print_json(_as_json(network))
        return
    options = ", ".join(f"{name}={value}" for name, value in network.options.items())
    print(f"{network.name} ({options or 'no options'})\n")
    print(layer_table_text(layer_table(network)))


def _as_json(network: Network) -> dict[str, Any]:
    from digitlab.networks import ARCHITECTURES, layer_table

    rows = layer_table(network)
    return {
        "name": network.name,
        "summary": ARCHITECTURES[network.name].summary,
        "options": network.options,
        "input_shape": list(network.input_shape),
        "layers": [{**asdict(row), "output_shape": list(row.output_shape)} for row in rows],
        "parameters": sum(row.parameters for row in rows),
        "multiply_adds": sum(row.multiply_adds for row in rows),
    }
