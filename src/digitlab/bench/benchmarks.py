"""The benchmarks: latency of commands and predictions, speed of training, reading of pages."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from digitlab.bench.measurement import Log, Measurement
from digitlab.data import classroom, mnist
from digitlab.errors import SettingError
from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.networks import build
from digitlab.reader import OnnxModel
from digitlab.training import RECIPES, Examples, Recipe, fit

__all__ = [
    "BENCHMARKS",
    "check_names",
    "help_page",
    "inference",
    "lab",
    "load",
    "predict",
    "run_benchmarks",
    "seeds",
    "steps",
    "time_to_99",
    "time_to_99_5",
]


ROUNDS = 5
LOAD = "import time; from digitlab.data import mnist; t = time.perf_counter(); mnist('train'); mnist('test')"
SEEDS = 10


def help_page(log: Log) -> Iterator[Measurement]:
    """`digitlab --help`, from its start to its end, in a process of its own."""
    yield Measurement("help: digitlab --help", "s", _cold(["-m", "digitlab", "--help"], log), "under 0.3 s")


def load(log: Log) -> Iterator[Measurement]:
    """Loading MNIST when it has been unpacked before, in a fresh process."""
    mnist("train"), mnist("test")
    command = [sys.executable, "-c", f"{LOAD}; print(time.perf_counter() - t)"]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(ROUNDS)]
    yield Measurement("load: MNIST, warm", "ms", [float(run.stdout) * 1e3 for run in runs], "under 50 ms")


def predict(log: Log) -> Iterator[Measurement]:
    """`digitlab predict` on one PNG with the model that ships, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        Image.fromarray(255 - mnist("test").images[0]).resize((280, 280)).save(picture)
        seconds = _cold(["-m", "digitlab", "predict", str(picture)], log)
    yield Measurement("predict: one PNG", "s", seconds, "under 1.5 s")


def inference(log: Log) -> Iterator[Measurement]:
    """Inference throughput: the 10,000 test digits through torch (`swift`) and the shipped ONNX model."""
    test = mnist("test")
    examples, network, shipped = Examples.of(test), build("swift"), OnnxModel()
    models: list[tuple[str, Callable[[], NDArray[np.float32]]]] = [
        ("swift in torch", lambda: predict_logits(network, examples.inputs)),
        ("shipped model in ONNX Runtime", lambda: shipped.logits(examples.inputs.numpy())),
    ]
    for name, predict_all in models:
        predict_all()
        rates = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            logits = predict_all()
            rates.append(len(test) / (time.perf_counter() - started))
            assert np.isfinite(logits).all()
        log(f"inference: {name}: {max(rates):,.0f} images/s")
        yield Measurement(f"inference: {name}", "images/s", rates)


def _cold(arguments: list[str], log: Log) -> list[float]:
    """Seconds of several runs of Python with `arguments`; the first, which fills caches, is left out."""
    seconds = []
    for number in range(ROUNDS + 1):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        if number:
            seconds.append(time.perf_counter() - started)
            log(f"{' '.join(arguments[:3])}: {seconds[-1]:.2f} s")
    return seconds


@dataclass(frozen=True)
class StepCase:
    """A network whose training steps are timed.

    Attributes:
        title: Its layer sizes, or its name.
        goal: How many times as fast as the plain loop its steps shall be.
        network: Its name.
        options: Its options.
        optimizer: A recipe's optimizer.
        batch: Examples in a step.
        count: Steps of one round.
    """

    title: str
    goal: str
    network: str = "mlp"
    options: dict[str, Any] = field(default_factory=dict)
    optimizer: str = "adam"
    batch: int = 32
    count: int = 1000


CASES = (
    StepCase("400-25-15-10", "at least 5", options={"inputs": 400, "hidden": (25, 15)}),
    StepCase("784-1-10", "at least 5", options={"hidden": (1,)}),
    StepCase("784-100-100-10", "at least 3.3", options={"hidden": (100, 100)}),
    StepCase("784-300-10", "at least 2.1", options={"hidden": (300,)}, count=600),
    StepCase("784-700-10", "at least 2.4 with AVX-512, 1.9 with AVX2", options={"hidden": (700,)}, count=400),
    StepCase(
        "784-700-10, RMSprop",
        "at least 2.4 with AVX-512, 1.9 with AVX2",
        options={"hidden": (700,)},
        optimizer="rmsprop",
        count=400,
    ),
    StepCase("deep-mnist", "", network="deep-mnist", batch=50, count=100),
)


def steps(log: Log) -> Iterator[Measurement]:
    """Ours and the plain loop in turn, round by round, on the same digits with the same optimizer."""
    small, large = Examples.of(classroom()), Examples.of(mnist("train").take(10_000))
    for case in CASES:
        examples = small if case.options.get("inputs") == 400 else large
        recipe = Recipe(
            optimizer=case.optimizer,  # type: ignore[arg-type]
            batch_size=case.batch,
            max_steps=case.count,
        )
        ours, plain = [], []
        for number in range(ROUNDS + 1):
            fitted = fit(build(case.network, **case.options), recipe, examples)
            seconds = _plain_loop(build(case.network, **case.options), examples, case)
            if number:  # the first round warms up
                ours.append(fitted.train_seconds / case.count * 1e6)
                plain.append(seconds / case.count * 1e6)
                log(f"steps: {case.title}: {ours[-1]:.0f} us, plain loop {plain[-1]:.0f} us")
        ratios = [theirs / mine for mine, theirs in zip(ours, plain, strict=True)]
        title = f"steps: {case.title}, batch {case.batch}"
        yield Measurement(title, "us/step", ours)
        yield Measurement(f"{title}: plain PyTorch loop", "us/step", plain)
        yield Measurement(f"{title}: times as fast", "ratio", ratios, case.goal)


def _plain_loop(network: nn.Module, examples: Examples, case: StepCase) -> float:
    """Seconds for the steps of the loop that PyTorch's own example has: DataLoader, eager optimizer."""
    loader = DataLoader(TensorDataset(examples.inputs, examples.labels), batch_size=case.batch, shuffle=True)
    optimizers = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}
    optimizer = optimizers[case.optimizer](network.parameters(), lr=1e-3)
    network.train()
    taken = 0
    started = time.perf_counter()
    while taken < case.count:
        for images, labels in loader:
            optimizer.zero_grad()
            loss = cross_entropy(network(images), labels)
            loss.backward()
            optimizer.step()
            taken += 1
            if taken == case.count:
                break
    return time.perf_counter() - started


def seeds(log: Log) -> Iterator[Measurement]:
    """Ten seeds of 400-25-15-10 as one stack, and one seed, in turn: five epochs of the classroom set."""
    examples = Examples.of(classroom())
    options: dict[str, Any] = {"inputs": 400, "hidden": (25, 15)}
    recipe = Recipe(epochs=5)
    one, ten = [], []
    for number in range(ROUNDS + 1):
        alone = fit(build("mlp", **options), recipe, examples)
        networks = [build("mlp", seed=seed, **options) for seed in range(SEEDS)]
        together = fit(networks, recipe, examples, seeds=range(SEEDS))
        if number:  # the first round warms up
            one.append(alone.train_seconds)
            ten.append(sum(fitted.train_seconds for fitted in together))
            log(f"seeds: one {one[-1]:.2f} s, ten {ten[-1]:.2f} s")
    yield Measurement("seeds: one of 400-25-15-10", "s", one)
    yield Measurement("seeds: ten as one stack", "s", ten)
    ratios = [many / alone for many, alone in zip(ten, one, strict=True)]
    yield Measurement("seeds: ten / one", "ratio", ratios, "at most 5")


def time_to_99(log: Log) -> Iterator[Measurement]:
    """Ten seeds of `swift` by its standard recipe on all 60,000 training digits."""
    return _time_to("time-to-99", {}, "swift", 10, 0.99, "mean of at most 3 s", log)


def time_to_99_5(log: Log) -> Iterator[Measurement]:
    """Five seeds of the recipe that is quickest to 99.5 %."""
    return _time_to("time-to-99.5", {"width": 32}, "swift-99.5", 5, 0.995, "aim: under 15 s", log)


def _time_to(
    name: str, options: dict[str, Any], recipe_name: str, seeds: int, wanted: float, goal: str, log: Log
) -> Iterator[Measurement]:
    """Trains, and then asks the test digits once. The recipe was chosen on validation digits."""
    train, test = Examples.of(mnist("train")), Examples.of(mnist("test"))
    seconds, accuracies = [], []
    for seed in range(seeds):
        recipe = replace(RECIPES[recipe_name], seed=seed, eval_every=None)
        built = build("swift", seed=seed, **options)
        fitted = fit(built, recipe, train)
        accuracy, _ = accuracy_and_log_loss(predict_logits(built, test.inputs), test.labels.numpy())
        seconds.append(fitted.train_seconds)
        accuracies.append(accuracy)
        log(f"{name}: seed {seed}: {accuracy:.2%} in {fitted.train_seconds:.2f} s")
    yield Measurement(f"{name}: training time", "s", seconds, goal)
    yield Measurement(f"{name}: test accuracy", "accuracy", accuracies, f"mean of at least {wanted:.1%}")


def read(log: Log) -> Iterator[Measurement]:
    """Reading of composed pictures: shares that are right, boxes, what is answered, and time."""
    from digitlab.bench.read import read_rows  # loads what reads pages

    for row in read_rows(log):
        yield from row.measurements()


def lab(log: Log) -> Iterator[Measurement]:
    """The lab: start, page, latency while drawing, predictions a second, memory, cost of watching."""
    from digitlab.bench.lab import lab as measured  # starts servers and a browser

    yield from measured(log)


BENCHMARKS: Mapping[str, Callable[[Log], Iterator[Measurement]]] = {
    "help": help_page,
    "load": load,
    "predict": predict,
    "inference": inference,
    "lab": lab,
    "read": read,
    "seeds": seeds,
    "steps": steps,
    "time-to-99": time_to_99,
    "time-to-99.5": time_to_99_5,
}


def run_benchmarks(names: Sequence[str], log: Log) -> Iterator[Measurement]:
    """Runs benchmarks one after another.

    Args:
        names: Which; none for all.
        log: Is called with a line of progress.

    Yields:
        Each figure as it is known.

    Raises:
        SettingError: If there is no benchmark of one of the names.
    """
    for name in check_names(names):
        yield from BENCHMARKS[name](log)


def check_names(names: Sequence[str]) -> Sequence[str]:
    """Names of benchmarks; all, if none is given.

    Raises:
        SettingError: If there is no benchmark of one of the names.
    """
    for name in names:
        if name not in BENCHMARKS:
            raise SettingError(f"unknown benchmark {name!r}", f"Those there are: {', '.join(BENCHMARKS)}.")
    return names or list(BENCHMARKS)
