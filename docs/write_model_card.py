"""Writes `docs/model-card.md`, its figures, and the README's section on the model that ships.

    python docs/write_model_card.py            # runs all commands: some minutes
    python docs/write_model_card.py --pages    # only what concerns the model that reads pages
    python docs/write_model_card.py --words    # only the words, from the numbers of the last time

The words are `docs/model-card-words.md`. What the commands measure is kept in `docs/model-card.json`; what
they cannot measure (trainings, private pictures, the model of before) stands in `docs/model-card-given.json`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import model_card_tables as tables
import page_model
import reading_tables
from command_output import run

from digitlab.formatting import format_count, format_probability, format_share

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PAGE, WORDS = DOCS / "model-card.md", DOCS / "model-card-words.md"
MEASURED, GIVEN = DOCS / "model-card.json", DOCS / "model-card-given.json"
READING = DOCS / "reading.json"
README = ROOT / "README.md"
PICTURES = DOCS / "pictures"
PAGE_FAILURES = PICTURES / "recognizer-page-failures.png"
MODEL = "src/digitlab/reader/model.onnx"
FIGURES = ("reliability", "risk-coverage", "robustness")
SAMPLES = (
    *("seven-pen.jpg", "three-chalk.jpg", "two-pencil.jpg"),
    *("four-or-nine.jpg", "letter.jpg", "four-and-two.jpg"),
)
"""The six pictures of the README: three sure answers, then one of each other status."""
ANSWERS_IN_README = f"digitlab predict {' '.join(f'samples/{name}' for name in SAMPLES)}"
MARKS = re.compile(r"(<!-- recognizer -->\n).*?(<!-- /recognizer -->)", re.DOTALL)
HELD_OUT = "--seeds 3 --validation random:5000:7"
COMMANDS = (
    f"digitlab train recognizer --recipe recognizer {HELD_OUT} --test mnist:test --out runs/recognizer",
    "digitlab export runs/recognizer --to model.onnx",
)
MICRO_COMMAND = (
    f"digitlab train micro --recipe micro --teacher runs/recognizer/teachers {HELD_OUT} "
    "--test mnist:test --out runs/micro"
)
SHOWN = 12
"""Pictures in a figure of what fails."""
Numbers = dict[str, Any]


def measure() -> Numbers:
    """Runs the commands, writes the figures, and returns what the page needs of the numbers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, DOCS / "write_non_digits.py", folder / "non-digits"], check=True)
        scores = json.loads(
            run(
                f"digitlab evaluate {MODEL} --robustness --non-digits {folder}/non-digits "
                f"--out {folder} --json"
            )
        )
        for figure in FIGURES:
            shutil.copyfile(folder / f"{figure}.png", PICTURES / f"recognizer-{figure}.png")
        refusal = scores.pop("non_digits")
        predictions = json.loads(run(f"digitlab predict {folder}/non-digits --json"))["predictions"]
        accepted = _accepted(predictions)
    wrong = scores["n"] - sum(row[digit] for digit, row in enumerate(scores["confusion"]))
    run(f"digitlab mistakes {MODEL} --top {wrong} --figure {PICTURES}/recognizer-mistakes.png --json")
    _draw_failures()
    sheet = run(f"{ANSWERS_IN_README} --show {PICTURES}/predictions.png")
    unused = ("confusion", "per_digit", "top_confusions", "reliability", "model", "decisions")
    (robustness,) = scores.pop("robustness")
    robustness.pop("model")
    refusal.pop("folder")
    return {
        **file_facts(),
        "scores": {key: value for key, value in scores.items() if key not in unused},
        "decisions": scores["decisions"],
        "robustness": robustness,
        "non_digits": refusal,
        **accepted,
        "mistakes": wrong,
        "pages": measure_pages(),
        "samples": sheet.splitlines(),
    }


def measure_pages() -> Numbers:
    """What the card says of the model that reads pages, and the figure of its failures."""
    return {**page_model.facts(), "failures": page_model.measure_failures(PAGE_FAILURES)}


def file_facts() -> Numbers:
    """What can be told of the shipped file without running it: its digest, size, parameters and metadata."""
    import onnx

    file = ROOT / MODEL
    model = onnx.load(file)
    metadata = {prop.key: prop.value for prop in model.metadata_props}
    training = json.loads(metadata["training"])
    return {
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "bytes": file.stat().st_size,
        "network": json.loads(metadata["digitlab"]),
        "seed": training["seed"],
        "weights_sha256": training["weights_sha256"],
        "rule": json.loads(metadata["decisions"]),
    }


def _accepted(predictions: Sequence[Numbers]) -> Numbers:
    """How many pictures without a digit have each status, by kind; and a figure of those that are sure."""
    statuses: dict[str, Counter[str]] = defaultdict(Counter)
    for each in predictions:
        statuses[Path(each["image"]).parent.name][each["status"]] += 1
    sure = [each for each in predictions if each["status"] == "sure"]
    sure.sort(key=lambda each: -max(each["probabilities"]))
    files = " ".join(each["image"] for each in sure[:SHOWN])
    run(f"digitlab predict {files} --show {PICTURES}/recognizer-non-digits.png")
    return {
        "statuses": {kind: dict(counts) for kind, counts in sorted(statuses.items())},
        "sure": len(sure),
        "shown": len(sure[:SHOWN]),
    }


def _draw_failures() -> None:
    """Draws the most confident wrong answers to digits under the two perturbations that cost most."""
    import numpy as np

    from digitlab.data.digits import stratified_sample
    from digitlab.data.mnist import mnist
    from digitlab.evaluation import perturb
    from digitlab.figures import draw_digits, save_figure
    from digitlab.reader import OnnxModel
    from digitlab.runs import ROBUSTNESS_DIGITS
    from digitlab.runs.evaluate import predict_probabilities

    test, model = mnist("test"), OnnxModel(ROOT / MODEL)
    places = stratified_sample(test.labels, ROBUSTNESS_DIGITS, 0)
    images, captions = [], []
    for name in ("occlusion", "pixelation"):
        changed = perturb(test.images[places], name, 3)
        probabilities = predict_probabilities(model, changed, name)[0]
        said, labels = probabilities.argmax(axis=1), test.labels[places]
        wrong = np.flatnonzero(said != labels)
        for i in wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][: SHOWN // 2]:
            images.append(changed[i] / 255)
            answer, truth = (format_probability(probabilities[i, d]) for d in (said[i], labels[i]))
            captions.append(f"{name}\nsaid {said[i]} ({answer})\nis {labels[i]} ({truth})\ntest #{places[i]}")
    title = (
        "Perturbed digits: which wrong answers are the most confident?\n"
        f"strength 3, {format_count(len(places))} digits of mnist:test"
    )
    figure = draw_digits(images, captions, title, columns=SHOWN // 2)
    (PICTURES / "recognizer-failures.png").write_bytes(save_figure(figure))


def page(measured: Numbers, given: Numbers) -> str:
    """The page in Markdown."""
    scores, training = measured["scores"], given["training"]
    return WORDS.read_text().format(
        summary=tables.summary_table(measured, given),
        parameters=format_count(training["recognizer"]["parameters"]),
        bytes=format_count(measured["bytes"]),
        sha256=measured["sha256"],
        seed=measured["seed"],
        temperature=f"{measured['rule']['temperature']:.4f}",
        commands="\n".join(COMMANDS),
        micro_command=MICRO_COMMAND,
        **{
            f"{name}_seconds": tables.times(training[key]["train_seconds"])
            for name, key in (
                ("teacher", "recognizer-teacher"),
                ("recognizer", "recognizer"),
                ("micro", "micro"),
            )
        },
        recognizer_steps=format_count(training["recognizer"]["steps"]),
        training=tables.training_table(training),
        metrics=tables.metrics_table(scores, measured["decisions"]),
        n=format_count(scores["n"]),
        risk=tables.risk_table(scores),
        thresholds=tables.thresholds_table(measured["decisions"]),
        fitted_n=format_count(measured["decisions"]["fitted_on"]["n"]),
        robust_n=format_count(measured["robustness"]["n"]),
        robust_threshold=format_probability(measured["robustness"]["threshold"], 3),
        robustness=tables.robustness_table(measured["robustness"], given["shipped_before"]),
        non_digits_threshold=format_probability(measured["non_digits"]["threshold"], 3),
        non_digits=tables.non_digits_table(measured, given["shipped_before"]),
        private=tables.private_table(given["private_pictures"]),
        n_mistakes=measured["mistakes"],
        accepted=tables.accepted_words(measured),
        validation_n=format_count(training["recognizer"]["validation"]["n"]),
        tried=tables.tried_table(given),
        **_page_words(measured["pages"]),
    )


def _page_words(pages: Numbers) -> Numbers:
    """What the words say of the model that reads pages; its figures are those of `docs/reading.md`."""
    reading = json.loads(READING.read_text())
    composed, failures = reading["composed"], pages["failures"]
    validation = pages["validation"]
    return {
        "pages_bytes": format_count(pages["bytes"]),
        "pages_sha256": pages["sha256"],
        "pages_recipe": ", ".join(f"`{key}={value}`" for key, value in pages["recipe"].items()),
        "pages_validation": f"{validation['errors']} of {format_count(validation['n'])}",
        "pages_command": composed["command"],
        "pages_composed": reading_tables.summary_table(composed["kinds"]),
        "pages_real": reading_tables.real_table(reading["real"]["kinds"]),
        "pages_kinds": page_model.kinds(),
        **{f"pages_{key}": value for key, value in failures.items()},
    }


def readme(text: str, measured: Numbers, given: Numbers) -> str:
    """The README with its section on the model that ships made anew."""
    cells = [f"![{name}](samples/{name})" for name in SAMPLES]
    answers = [line.split(": ", 1)[1] for line in measured["samples"]]
    scores, test = measured["scores"], given["training"]["recognizer"]["test"]
    parts = [
        tables.table(cells, [answers], len(cells)),
        "\n".join(["```console", f"$ {ANSWERS_IN_README} --show answers.png", *measured["samples"], "```"]),
        "![What the network sees of the six pictures, and its answers](docs/pictures/predictions.png)",
        "*What the network sees of the six, and its answers. The first three and the letter are drawn; the\n"
        "other two are handwriting of MNIST's training digits, put on paper by code: "
        "`docs/write_samples.py`.*",
        "The network that ships, `recognizer`, says `sure` only above a threshold of confidence, which was\n"
        "measured on digits held out from its training; else it is unsure between two digits, sees several,\n"
        f"or none. On MNIST's {format_count(scores['n'])} test digits it is right in "
        f"{format_share(scores['accuracy'])} (mean of three seeds:\n{tables.mean(test)}), "
        "and its probabilities mean what they say:",
        "![Reliability diagram of the network that ships](docs/pictures/recognizer-reliability.png)",
    ]
    return MARKS.sub(lambda marks: marks[1] + "\n\n".join(parts) + "\n" + marks[2], text)


def main() -> None:
    """Writes all, or only the words."""
    if sys.argv[1:] not in ([], ["--pages"], ["--words"]):
        sys.exit("usage: python docs/write_model_card.py [--pages | --words]")
    if not sys.argv[1:]:
        MEASURED.write_text(json.dumps(measure(), indent=1) + "\n")
    elif sys.argv[1] == "--pages":
        before = json.loads(MEASURED.read_text())
        MEASURED.write_text(json.dumps({**before, "pages": measure_pages()}, indent=1) + "\n")
    measured, given = json.loads(MEASURED.read_text()), json.loads(GIVEN.read_text())
    PAGE.write_text(page(measured, given))
    README.write_text(readme(README.read_text(), measured, given))


if __name__ == "__main__":
    main()
