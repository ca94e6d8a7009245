"""`export_html`: a trained network as one page that opens from disk, with everything that it needs inside."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from digitlab import runs
from digitlab.arguments import check_arguments
from digitlab.data import Digits, classroom, load
from digitlab.decisions import DecisionRule
from digitlab.errors import ModelError, OutputError
from digitlab.figures.style import DIGIT_COLORS
from digitlab.files import write_text
from digitlab.formatting import format_accuracy, format_count, format_number
from digitlab.networks import ARCHITECTURES, Network
from digitlab.reader.predict import MAX_ERROR
from digitlab.runs import Run, TorchModel, TrainedModel
from digitlab.templates import html_templates
from digitlab.web.layer_list import LayerList, PlainLayer, list_layers

__all__ = ["LARGEST", "PageText", "export_html", "html_page", "page_of"]

LARGEST = 25_000_000
"""The most weights that a page holds: four bytes each, a third more as text."""
MODULES = (
    *("network.js", "resample.js", "foreground.js", "preprocess.js"),
    *("export/heatmap.js", "export/pad.js", "export/unit.js", "export/main.js"),
)
"""The page's JavaScript; each file imports only from those before it."""
IMPORT = re.compile(r'^import (\{[^}]*\}) from "[./]*([a-z]+\.js)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:function|const) (\w+))", re.MULTILINE)
PASSING = ("flatten", "channel", "dropout", "identity")
"""Kinds of layers that pass their numbers on, which need no picture."""
KIND_NAMES = {"max-pool": "max pooling", "batch-norm": "batch normalization", "global-pool": "global pooling"}
SPLIT_NAMES = {"test": "test", "validation": "held-out", "train": "training"}
NO_DIGIT_COLOR = "#8a8a8a"


@dataclass(frozen=True)
class PageText:
    """What a page says about its network.

    Attributes:
        title: Its heading.
        lines: Sentences below it.
    """

    title: str
    lines: tuple[str, ...]


@check_arguments
def export_html(source: str | os.PathLike[str], to: str | os.PathLike[str]) -> dict[str, Any]:
    """Writes a trained network as one page that a browser opens from disk, without a connection.

    It holds a drawing pad, the probabilities of the ten digits, every layer's activations and the computation
    of each of their numbers. When it opens it runs ten example digits and says how far its outputs are from
    those of the original.

    Args:
        source: A run folder, a folder of runs, of which the first by seed is taken, or a weights file.
        to: The file to write, `.html`.

    Returns:
        `file`, `network`, `bytes`, `parameters`, `layers` (how many), `examples` (how many); `temperature`
        and `smallest_error` that can be promised, from the run's validation digits, or None.

    Raises:
        ModelError: If `source` is no network, or one that a page cannot run. Nothing is written then.
        RunError: If it is a folder without a finished run.
        OutputError: If `to` cannot be written, or ends in something else.
    """
    source, to = Path(source), Path(to)
    if to.suffix.lower() != ".html":
        raise OutputError(f"cannot export a page to {to}: unknown ending", "Name it FILE.html.")
    page, exported = page_of(runs.open(source))
    write_text(to, page)
    return {"file": str(to), **exported}


def page_of(opened: TrainedModel) -> tuple[str, dict[str, Any]]:
    """The page of an opened network, and what `export_html` tells of it beside the file.

    Raises:
        ModelError: If it is one that a page cannot run.
    """
    if not isinstance(opened.model, TorchModel):
        raise ModelError(
            f"{opened.path.name} is an ONNX file, whose layers a page cannot show",
            "Give its run or weights file.",
        )
    network = opened.model.module
    layers = _checked(list_layers(network))
    rule = opened.rule
    examples = _examples(network)
    outputs = opened.outputs(examples.ink().reshape(len(examples), *network.input_shape))
    page = html_page(layers, _page_text(network, opened.run, opened.path), examples, outputs, rule)
    return page, {
        "network": network.name,
        "bytes": len(page.encode()),
        "parameters": network.parameter_count(),
        "layers": len(layers.layers),
        "examples": len(examples),
        "temperature": rule.temperature if rule else None,
        "smallest_error": rule.thresholds.smallest_error if rule else None,
    }


def html_page(
    layers: LayerList,
    text: PageText,
    examples: Digits,
    outputs: NDArray[np.float32],
    rule: DecisionRule | None = None,
) -> str:
    """The page of a network.

    Args:
        layers: The network.
        text: What the page says about it.
        examples: Digits of the size that it takes, which the page offers and checks itself with.
        outputs: The original's outputs for them, `(n, 10)` or `(n, 11)`.
        rule: When it answers, and with what temperature; None: it always names the likeliest digit.
    """
    side = math.isqrt(math.prod(layers.input_shape))
    facts = {
        "layers": layers.description(),
        "temperature": rule.temperature if rule else 1.0,
        "threshold": rule.thresholds.threshold_for(_max_error(rule)) if rule else None,
        "examples": [
            {"label": int(label), "pixels": _base64(image.tobytes()), "outputs": row.tolist()}
            for image, label, row in zip(examples.images, examples.labels, outputs, strict=True)
        ],
    }
    css, script = _file("export/page.css"), _bundle()
    environment = html_templates("digitlab.web", "page/export")
    names = [str(digit) for digit in range(10)] + (["no digit"] if layers.no_digit else [])
    return environment.get_template("page.html.j2").render(
        policy=f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(css)}; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        title=text.title,
        lines=text.lines,
        css=Markup(css),
        script=Markup(script),
        facts=Markup(json.dumps(facts, allow_nan=False).replace("<", "\\u003c")),
        numbers=_base64(layers.numbers()),
        side=side,
        bars=list(zip(names, (*DIGIT_COLORS, NO_DIGIT_COLOR), strict=False)),
        examples=examples.labels.tolist(),
        layers=_shown_layers(layers, side),
        made=_made(layers),
    )


def _checked(layers: LayerList) -> LayerList:
    """The layers, if a page can hold them and the pad can draw for them."""
    name, shape = layers.network, layers.input_shape
    if math.prod(shape) not in (28 * 28, 20 * 20):
        raise ModelError(
            f"{name} takes inputs of {' x '.join(map(str, shape))}, which the pad of a page cannot draw",
            "Export a network that takes 28 x 28 or 20 x 20 pixels.",
        )
    if layers.layers[-1].output_shape != (10,):
        raise ModelError(
            f"{name} gives outputs of shape {layers.layers[-1].output_shape}, and a page shows ten digits",
            "Export a network of ten outputs.",
        )
    if layers.n_numbers > LARGEST:
        raise ModelError(
            f"{name} has {layers.n_numbers:,} weights, and a page holds {LARGEST:,} at most",
            "Export it to a file for a program instead: --to FILE.onnx.",
        )
    return layers


def _examples(network: Network) -> Digits:
    """The first test digit of each kind, in the size that a network takes."""
    digits = load("mnist:test") if network.takes((28, 28)) else classroom()
    firsts = [int(np.flatnonzero(digits.labels == digit)[0]) for digit in range(10)]
    return Digits(digits.images[firsts], digits.labels[firsts], digits.name)


def _max_error(rule: DecisionRule) -> float:
    return max(MAX_ERROR, rule.thresholds.smallest_error)


def _page_text(network: Network, run: Run | None, source: Path) -> PageText:
    name = f"run {run.folder.resolve().name}" if run else f"file {source.name}"
    size = format_count(network.parameter_count(), "parameter")
    lines = [f"{_summary(network)}; {size}. Made of {name}."]
    if run is None:
        lines.append("A weights file does not tell how accurate it is; a page made of a run folder does.")
        return PageText(f"{network.name}: a network that recognizes digits", tuple(lines))
    splits = run.metrics()["splits"]
    split = next(each for each in ("test", "validation", "train") if each in splits)
    accuracy = format_accuracy(splits[split]["accuracy"], splits[split]["n"])
    lines.append(
        f"It was trained on {run.config.data.train}, and gets {accuracy} of "
        f"{format_count(splits[split]['n'], f'{SPLIT_NAMES[split]} digit')} right."
    )
    return PageText(f"{network.name}: a network that recognizes digits", tuple(lines))


def _summary(network: Network) -> str:
    words = ARCHITECTURES[network.name].summary.replace("`", "")
    return words[0].upper() + words[1:]


def _made(layers: LayerList) -> str:
    return (
        f"Made by digitlab export. Everything is in this file: {format_number(layers.n_numbers)} weights and "
        "the code that runs them. It asks nothing of any server, and no drawing leaves this browser."
    )


def _shown_layers(layers: LayerList, side: int) -> list[dict[str, Any]]:
    """Every layer that changes a number, with its name and what it is in words."""
    shown = [{"id": "picture", "name": "picture", "about": f"{side} x {side} pixels of ink, from 0 to 1"}]
    for number, layer in enumerate(layers.layers):
        if layer.kind not in PASSING:
            shown.append({"id": str(number), "name": layer.name, "about": _about(layer)})
    return shown


def _about(layer: PlainLayer) -> str:
    kind = KIND_NAMES.get(layer.kind, layer.kind)
    shape = layer.output_shape
    if layer.kind == "convolution":
        kind = f"convolution {' x '.join(map(str, layer.settings['kernel']))}"
    if len(shape) == 1:
        return f"{kind}: {format_count(shape[0], 'unit')}"
    maps = format_count(shape[0], "map") if len(shape) == 3 else "a map"
    return f"{kind}: {maps} of {shape[-2]} x {shape[-1]}"


def _bundle() -> str:
    """The modules of the page as one script; each is a function of its own, so that names do not meet."""
    parts = ["const modules = {};"]
    for path in MODULES:
        text = _file(path)
        names = EXPORT.findall(text)
        text = EXPORT.sub("", IMPORT.sub(r'const \1 = modules["\2"];', text))
        left = re.search(r"^(?:import|export)\b.*", text, re.MULTILINE)
        assert left is None, f"{path}: {left}"
        name = path.rpartition("/")[2]
        parts.append(f'modules["{name}"] = (() => {{\n{text}\nreturn {{ {", ".join(names)} }};\n}})();')
    return "\n".join(parts)


def _file(path: str) -> str:
    return resources.files("digitlab.web").joinpath("page", path).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
