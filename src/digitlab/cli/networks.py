"""`digitlab networks`: the networks by name; the options and the layer table of one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli.listing import cached_listing
from digitlab.cli.output import AsJson, print_json, print_table
from digitlab.formatting import format_count

if TYPE_CHECKING:
    from digitlab.networks import Network

__all__ = ["networks"]


def networks(
    network: Annotated[
        str | None, typer.Argument(help="Show this network's options and layer table.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the network.", metavar="NAME=VALUE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the networks, or show the options and the layers of one."""
    if network is not None:
        from digitlab.networks import architecture, build
        from digitlab.settings import parse_assignments

        options = architecture(network).with_defaults(parse_assignments(option or []))
        _print_network(build(network, **options), as_json)
        return
    listed = cached_listing("networks", _listing)
    if as_json:
        print_json({"networks": listed})
        return
    rows = [(each["name"], format_count(each["parameters"], "parameter"), each["summary"]) for each in listed]
    print_table(("network", "size", "summary"), rows, left=("network", "summary"))


def _listing() -> list[dict[str, Any]]:
    from digitlab.networks import ARCHITECTURES, build

    return [_to_dict(build(name)) for name in ARCHITECTURES]


def _print_network(network: Network, as_json: bool) -> None:
    from digitlab.networks import architecture, layer_table
    from digitlab.settings import field_docs

    if as_json:
        print_json(_to_dict(network))
        return
    kind = architecture(network.name)
    print(f"{network.name}: {kind.summary}\n")
    print_table(
        ("option", "value", "type", "range", "description"),
        [
            (doc.name, _format_value(network.options[doc.name]), doc.type, doc.bounds, doc.description)
            for doc in field_docs(kind.options)
        ],
        left=("option", "value", "type", "range", "description"),
    )
    print()
    rows = layer_table(network)
    cells = [
        (
            row.name,
            row.kind,
            " x ".join(map(str, row.output_shape)),
            format_count(row.parameters),
            format_count(row.multiply_adds),
        )
        for row in rows
    ]
    parameters, work = sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)
    cells.append(("total", "", "", format_count(parameters), format_count(work)))
    columns = ("layer", "kind", "output", "parameters", "multiply-adds")
    print_table(columns, cells, left=columns[:3])


def _format_value(value: object) -> str:
    return ",".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _to_dict(network: Network) -> dict[str, Any]:
    from digitlab.networks import ARCHITECTURES, layer_table
    from digitlab.settings import field_docs

    rows = layer_table(network)
    return {
        "name": network.name,
        "summary": ARCHITECTURES[network.name].summary,
        "options": network.options,
        "option_fields": [doc.to_dict() for doc in field_docs(ARCHITECTURES[network.name].options)],
        "input_shape": list(network.input_shape),
        "layers": [{**asdict(row), "output_shape": list(row.output_shape)} for row in rows],
        "parameters": sum(row.parameters for row in rows),
        "multiply_adds": sum(row.multiply_adds for row in rows),
    }
