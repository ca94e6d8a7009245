"""Writes `docs/file-formats.md` from files that are made for it; with --check, says whether it is up to date.

A small run, a folder of seeds and an ONNX file are made, and every file of them is listed with its keys. A
file without words in `WORDS`, or words without a file, are an error.
"""

from __future__ import annotations

import inspect
import json
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import onnxruntime
import safetensors
from generated_page import write_or_check

import digitlab
from digitlab.data.idx import read_idx_pair
from digitlab.data.image_folder import read_folder
from digitlab.data.mat import read_mat
from digitlab.data.npz_csv import read_csv, read_npz
from digitlab.estimator import storage
from digitlab.networks import weights
from digitlab.report import results
from digitlab.runs import config, evaluations, rate_changes
from digitlab.training import checkpoint
from digitlab.training.history import HistoryEntry
from digitlab.tuning import plan

HEAD = """# File formats

Made by `python docs/write_file_formats.py` from files that it makes; `make check` fails when it is out of
date. Every file is whole or not there: it is written beside its place and then moved. JSON is UTF-8, NaN is
null. Files of another schema version, and damaged ones, are refused with an error that says so, or made again
where that is possible. Nothing is unpickled, and no code of a file is run.
"""
WORDS = {
    "run.json": "the settings: network, options, every field of the recipe, data, versions and machine",
    "history.csv": "a line for each history entry, by default each epoch",
    "metrics.json": "the scores, written last: a folder with it is a finished run",
    "model.safetensors": "weights and buffers by layer, `float32`; see [weights](#weights)",
    "data.json": "a BLAKE2b digest of each split, so that going on with other digits is noticed",
    "checkpoint/state.safetensors": "weights, optimizer state, averages, history: more epochs follow from it",
    "curves.png": "loss and accuracy by entry",
    "confusion.png": "the confusion matrix of the last split that was scored",
}
LATER = {
    "evaluations.json": "scores on other digits, which `evaluate` keeps and `compare` shows",
    "rate_changes.json": "learning rates that were changed by hand in the lab, and from which step on",
    "initial.safetensors": "of a fine-tuned run: the weights that it started from",
}
"""Files that only some runs have."""
SEARCH_WORDS = {
    "search.json": f"what was asked: {', '.join(f'`{field.name}`' for field in fields(plan.Plan))}",
    "results.json": "`results` as scikit-learn's `cv_results_`, the best candidate, failures, times",
    "fits/RUNG-CANDIDATE-FOLD/job.json": "the result of one fit, and the fingerprint that finds it again",
    "best": "the run of the best candidate, trained on all data",
}
ONNX_WORDS = {
    "digitlab": "JSON: network, options, schema version",
    "input": "what it takes, in words",
    "output": "what it gives, in words",
    "training": "JSON: seed, recipe, digest of the weights",
    "decisions": "JSON: temperature and thresholds, fitted on the run's held-out digits",
}
WEIGHTS = f"""
## Weights

`digitlab export RUN --to NAME.safetensors`, and every `model.safetensors`: tensors by layer, and as metadata
`digitlab` JSON with `network`, `options` and `schema_version` ({weights.SCHEMA_VERSION}). A `DigitClassifier`
that was saved adds its parameters, classes and history (schema version {storage.SCHEMA_VERSION}).
`digitlab.load_network` builds the network again from the file alone.
"""
READERS = {
    "`.mat`": read_mat,
    "`.npz`": read_npz,
    "`.csv`": read_csv,
    "IDX, the files of MNIST": read_idx_pair,
    "A folder of pictures": read_folder,
}


def make_files(folder: Path) -> None:
    """Makes a run, seeds and an ONNX file below `folder`."""
    data = digitlab.DataConfig(train="mnist:train[:1000]", validation="last:500", test="mnist:test[:100]")
    recipe = digitlab.Recipe(epochs=1, threads=1)
    digitlab.train("micro", recipe=recipe, data=data, out=folder / "run")
    digitlab.export_model(folder / "run", folder / "model.onnx")
    digitlab.train_seeds("softmax", seeds=2, recipe=recipe, data=data, out=folder / "seeds")


def attributes(kind: type) -> list[str]:
    """The names of a dataclass's fields."""
    return [field.name for field in fields(kind)]


def keys(path: Path) -> str:
    """The keys of a JSON file, or the columns of a CSV file, in words."""
    if path.suffix == ".json":
        return ", ".join(f"`{key}`" for key in json.loads(path.read_bytes()))
    if path.suffix == ".csv":
        return ", ".join(f"`{name}`" for name in attributes(HistoryEntry))
    if path.name == "model.safetensors":
        with safetensors.safe_open(path, "np") as file:
            return f"for example `{sorted(file.keys())[0]}`"
    return ""


def versions() -> dict[str, int]:
    """Schema versions by file."""
    return {
        "run.json": config.SCHEMA_VERSION,
        "metrics.json": config.SCHEMA_VERSION,
        "model.safetensors": weights.SCHEMA_VERSION,
        "checkpoint/state.safetensors": checkpoint.VERSION,
        "evaluations.json": evaluations.SCHEMA,
        "rate_changes.json": rate_changes.SCHEMA_VERSION,
    }


def run_section(folder: Path) -> list[str]:
    """The files of a run."""
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    if made != set(WORDS):
        raise ValueError(f"files of a run and words for them differ: {sorted(made ^ set(WORDS))}")
    version = versions()
    lines = ["| file | schema version | holds | keys or columns |", "|---|--:|---|---|"]
    for name, words in {**WORDS, **LATER}.items():
        held = keys(folder / name) if name in made else ""
        lines.append(f"| `{name}` | {version.get(name, '')} | {words} | {held} |")
    splits: dict[str, Any] = json.loads((folder / "metrics.json").read_bytes())["splits"]
    of_split = ", ".join(f"`{key}`" for key in splits["train"])
    return [
        *lines,
        "",
        f"`splits` of `metrics.json` has for each of {', '.join(f'`{name}`' for name in splits)}:",
        f"{of_split}. In `confusion`, rows are the labels and columns the answers.",
        "[Metrics](metrics.md) says what each number is.",
    ]


def onnx_section(path: Path) -> list[str]:
    """What an ONNX file takes, gives and carries."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    held = session.get_modelmeta().custom_metadata_map
    if set(held) - set(ONNX_WORDS):
        raise ValueError(f"metadata without words: {sorted(set(held) - set(ONNX_WORDS))}")
    lines = ["| | name | type | shape |", "|---|---|---|---|"]
    for role, values in (("takes", session.get_inputs()), ("gives", session.get_outputs())):
        lines += [
            f"| {role} | `{value.name}` | {value.type} | ({', '.join(map(str, value.shape))}) |"
            for value in values
        ]
    lines += ["", "| metadata property | holds |", "|---|---|"]
    return [*lines, *(f"| `{name}` | {words} |" for name, words in ONNX_WORDS.items())]


def documented(kind: type) -> list[str]:
    """A table of a dataclass's fields, from the section Attributes of its docstring."""
    text = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
    words: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, rest = line.strip().partition(": ")
        if colon and line.startswith("    ") and not line.startswith("     "):
            words[name] = rest
        elif words and line.strip():
            words[list(words)[-1]] += " " + line.strip()
    lines = ["| key | is |", "|---|---|"]
    return [
        *lines,
        *(f"| `{name}` | {words.get(name, '')} |" for name in attributes(kind) if name != "schema_version"),
    ]


def first_part(reader: Any) -> str:
    """The docstring of a reader, without its arguments and errors."""
    text = (inspect.getdoc(reader) or "").partition("\n\nArgs:")[0]
    return text.replace(" (see `validation.to_gray`)", "")


def page() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder)
        run, onnx = run_section(folder / "run"), onnx_section(folder / "model.onnx")
        seeds = keys(folder / "seeds" / "seeds.json")
    lines = [
        HEAD,
        "## A run\n\nWhat `digitlab train` leaves; the folder can be copied, zipped and moved.\n",
        *run,
        f"\n## Several seeds\n\n`seeds.json` (schema version {config.SCHEMA_VERSION}: {seeds}), and a run",
        "for each seed, `seed-N`.",
        f"\n## A search\n\nSchema version {plan.SCHEMA_VERSION}.\n\n| file | holds |\n|---|---|",
        *(f"| `{name}` | {words} |" for name, words in SEARCH_WORDS.items()),
        WEIGHTS,
        "## ONNX\n\n`digitlab export RUN --to NAME.onnx`. `no_digit` is there if the network has it.\n",
        *onnx,
        "\nThe README has a script that runs such a file without digitlab.",
        "\n## Studies: `results.json`\n\nWhat `digitlab reproduce` leaves: schema version",
        f"{results.SCHEMA_VERSION}, with the JSON Schema",
        "[results.schema.json](../src/digitlab/report/results.schema.json).\n",
        *documented(results.Results),
        "\nEach of `studies`:\n",
        *documented(results.StudyResult),
        "\nEach of its `experiments`:\n",
        *documented(results.ExperimentResult),
        "\n## Data\n\nWhat `--data`, `--test` and `digitlab.load` read besides the datasets that ship:",
    ]
    for title, reader in READERS.items():
        lines += ["", f"### {title}", "", first_part(reader)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes the page, or checks it."""
    write_or_check("file-formats.md", page())


if __name__ == "__main__":
    main()
