"""Writes `docs/networks.md` and `docs/metrics.md`; with --check, says whether they are up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generated_page import write_or_check

from digitlab.evaluation.calibration import BINS
from digitlab.formatting import format_count
from digitlab.metrics import METRICS
from digitlab.networks import ARCHITECTURES, build, layer_table
from digitlab.settings import FieldDoc, field_docs

DOCS = Path(__file__).parent
MADE = "by `python docs/write_networks.py`; `make check` fails when it is out of date."
NETWORKS_HEAD = f"""# Networks

Made from the networks themselves {MADE} `digitlab
networks NAME` prints the same; `digitlab.build` makes one in Python.

A network takes ink, `float32` in [0, 1], and gives one logit for each digit; those with a layer `no_digit`
give an eleventh. An option is set with `--option NAME=VALUE`; a recipe of a network's own name
([recipes](recipes.md)) is its standard recipe. How to add one: [your own](how-to/own-network.md).
"""
METRICS_HEAD = f"""# Metrics

Made from the table in `src/digitlab/metrics.py` {MADE} These are the names in `metrics.json`, in tables of
`digitlab compare` and in `results.json` of studies ([file formats](file-formats.md)).

Shares are fractions in [0, 1] in files, percent in what is printed. Losses are in nats, times in seconds of
wall clock. What the intervals and tests beside them mean: [honest statistics](honest-statistics.md).
"""
MEANINGS = {
    "accuracy": "share of examples whose likeliest digit is the label",
    "log_loss": "mean of −log of the label's probability",
    "ece": f"expected calibration error: mean gap of confidence and accuracy, {BINS} bins of equal mass",
    "brier": "Brier score: mean squared distance of the probabilities to the truth, in [0, 2]",
    "aurc": "area under the risk-coverage curve: error among the most confident, over all shares",
}
"""What the metrics of every evaluation are."""


def options_table(docs: list[FieldDoc]) -> list[str]:
    """The table of a network's options."""
    lines = ["| option | type | range | default | about |", "|---|---|---|---|---|"]
    for doc in docs:
        default = ",".join(map(str, doc.default)) or "none" if isinstance(doc.default, list) else doc.default
        kind = doc.type.replace("|", "\\|")
        lines.append(f"| `{doc.name}` | {kind} | {doc.bounds} | `{default}` | {doc.description} |")
    return lines


def networks_page() -> str:
    """The page of networks."""
    built = {name: layer_table(build(name)) for name in ARCHITECTURES}
    lines = [NETWORKS_HEAD, "| network | parameters | what it is |", "|---|--:|---|"]
    for name, kind in ARCHITECTURES.items():
        parameters = sum(row.parameters for row in built[name])
        lines.append(f"| [`{name}`](#{name}) | {format_count(parameters)} | {kind.summary} |")
    for name, kind in ARCHITECTURES.items():
        lines += ["", f"## {name}", "", *options_table(field_docs(kind.options)), ""]
        lines += ["| layer | kind | output | parameters | multiply-adds |", "|---|---|---|--:|--:|"]
        for row in built[name]:
            shape = " x ".join(map(str, row.output_shape))
            counts = f"{format_count(row.parameters)} | {format_count(row.multiply_adds)}"
            lines.append(f"| `{row.name}` | {row.kind} | {shape} | {counts} |")
    return "\n".join(lines) + "\n"


def metrics_page() -> str:
    """The page of metrics."""
    lines = [METRICS_HEAD, "## Of every evaluation", "", "| name | what it is |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in MEANINGS.items()]
    better = {True: "more", False: "less", None: "neither"}
    lines += ["", "## All", "", "| name | kind | unit | better | title |", "|---|---|---|---|---|"]
    for each in METRICS.values():
        lines.append(
            f"| `{each.name}` | {each.kind} | {each.unit} | {better[each.higher_is_better]} | {each.title} |"
        )
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {"networks.md": networks_page, "metrics.md": metrics_page}


def main() -> None:
    """Writes the pages, or checks them."""
    for name, page in PAGES.items():
        write_or_check(name, page())


if __name__ == "__main__":
    main()
