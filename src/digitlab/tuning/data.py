"""`SearchData`: the examples of a search, as arrays that processes share by memory-mapped files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.data import stratified_sample
from digitlab.errors import DataError, SettingError
from digitlab.files import atomic_write, make_folder
from digitlab.runs import DataConfig
from digitlab.training import Examples
from digitlab.tuning.plan import Plan, Splitter

__all__ = ["PER_FOLD", "SearchData"]

PER_FOLD = "per-fold"
"""Early stopping by a stratified tenth of each fold's training part."""
TENTH = 0.1
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SearchData:
    """What a search fits and scores on.

    Attributes:
        name: Where it comes from.
        inputs: `(n, height, width)` or `(n, features)`, `float32`.
        labels: `(n,)`, `int64`.
        validation_inputs: The same of fixed validation data, which no fold holds; else empty.
        validation_labels: `(m,)`, or empty.
    """

    name: str
    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    validation_inputs: NDArray[np.float32]
    validation_labels: NDArray[np.int64]

    @classmethod
    def load(cls, data: str | Examples, validation: str | Examples) -> SearchData:
        """Loads what `search` is given.

        Raises:
            DataError: If it cannot be read, holds a NaN, or lengths do not match.
            SettingError: If `validation` cannot be held out.
        """
        if isinstance(data, str):
            held = validation if isinstance(validation, str) and validation != PER_FOLD else "none"
            loaded = DataConfig(train=data, validation=held).load()
            train, name = Examples.of(loaded.train), data
            validation_part = Examples.of(loaded.validation) if loaded.validation else None
        else:
            train, name, validation_part = data, "examples", None
            if isinstance(validation, str) and validation not in (PER_FOLD, "none"):
                raise SettingError(
                    f"validation={validation!r} needs data that are named",
                    "Give validation as Examples, or 'per-fold', or 'none'.",
                )
        if isinstance(validation, Examples):
            validation_part = validation
        return cls(
            name, *_arrays(train, name), *_arrays(validation_part or _no_examples(train), "validation")
        )

    def describe(self) -> dict[str, Any]:
        """Name, number of examples and digest, as a plan has them."""
        digest = hashlib.blake2b(digest_size=16)
        for array in self._arrays().values():
            digest.update(f"{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return {"name": self.name, "n": len(self.labels), "digest": digest.hexdigest()}

    def check(self, splitter: Splitter, cv: int) -> None:
        """Checks that examples can be dealt to `cv` folds; stratified ones hold every class.

        Raises:
            DataError: If there is only one class.
            SettingError: If `cv` is less than 2, or more than there are examples of the smallest class
                (stratified) or at all.
        """
        labels, counts = np.unique(self.labels, return_counts=True)
        if len(labels) < 2:
            raise DataError(
                f"{self.name}: {len(self.labels)} examples of {len(labels)} class",
                "A search compares classifiers: give examples of at least two digits.",
            )
        smallest = labels[counts.argmin()]
        most, problem = counts.min(), f"the smallest class, {smallest}, has {counts.min()} examples"
        if splitter == "KFold":
            most, problem = counts.sum(), f"it has {counts.sum()} examples"
        if not 2 <= cv <= most:
            raise SettingError(
                f"cannot deal {self.name} to {cv} folds: {problem}",
                f"Use 2 to {most} folds." if most > 1 else "Give more examples of it.",
            )

    def fold(
        self, plan: Plan, split: int, share: float, stops_early: bool = True
    ) -> tuple[Examples, Examples | None, Examples]:
        """One fold: `(to train on, to stop early by, to score)`.

        Args:
            plan: Says how examples are dealt to folds, as the splitter of scikit-learn that it names.
            split: Which fold is scored.
            share: Share of the training part that is used, drawn from each class alike.
            stops_early: Whether something must be held out of the training part to stop by.
        """
        from sklearn.model_selection import KFold, StratifiedKFold  # takes a second to import

        splitter = KFold if plan.splitter == "KFold" else StratifiedKFold
        folds = splitter(plan.cv, shuffle=plan.shuffle, random_state=plan.seed if plan.shuffle else None)
        train, scored = list(folds.split(self.labels, self.labels))[split]
        if share < 1:
            train = train[_stratified(self.labels[train], share, plan.seed)]
        validation_part = self._fixed_validation()
        if plan.validation == PER_FOLD and stops_early:
            held = _stratified(self.labels[train], TENTH, plan.seed)
            validation_part, train = self._take(train[held]), np.delete(train, held)
        return self._take(train), validation_part, self._take(scored)

    def all_examples(self, plan: Plan, stops_early: bool) -> tuple[Examples, Examples | None]:
        """All examples, as the best candidate is trained in the end: `(to train on, to stop early by)`."""
        everything = np.arange(len(self.labels))
        if plan.validation == PER_FOLD and stops_early:
            held = _stratified(self.labels, TENTH, plan.seed)
            return self._take(np.delete(everything, held)), self._take(held)
        return self._take(everything), self._fixed_validation()

    def save(self, folder: Path) -> None:
        """Writes the arrays into `folder`, for `from_memmap`.

        Raises:
            OutputError: If the operating system refuses.
        """
        make_folder(folder)
        for name, array in self._arrays().items():
            with atomic_write(folder / f"{name}.npy") as path:
                np.save(path, array, allow_pickle=False)

    @classmethod
    def from_memmap(cls, folder: Path) -> SearchData:
        """The data that `save` has written, mapped into memory: processes share it without a copy."""
        names = ("inputs", "labels", "validation_inputs", "validation_labels")
        return cls(
            "mapped", *(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names)
        )

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {name: value for name, value in vars(self).items() if name != "name"}

    def _fixed_validation(self) -> Examples | None:
        everything = np.arange(len(self.validation_labels))
        if not len(everything):
            return None
        return _take_examples(self.validation_inputs, self.validation_labels, everything)

    def _take(self, indices: Indices) -> Examples:
        return _take_examples(self.inputs, self.labels, indices)


def _arrays(examples: Examples, name: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Inputs and labels as arrays, checked."""
    inputs, labels = examples.inputs.cpu().numpy(), examples.labels.cpu().numpy()
    if labels.ndim != 1 or len(inputs) != len(labels):
        raise DataError(
            f"{name}: {len(inputs)} inputs but labels of shape {labels.shape}",
            "Give exactly one label for each input.",
        )
    finite = np.isfinite(inputs).all(axis=tuple(range(1, inputs.ndim)))
    if not finite.all():
        raise DataError(
            f"{name}: input {int(finite.argmin())} holds a NaN or an infinity",
            "Leave it out, or put a number there.",
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() <= 9:
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise DataError(f"{name}: a label is {wrong}", "Labels are the digits 0 to 9.")
    return inputs.astype(np.float32, copy=False), labels.astype(np.int64, copy=False)


def _no_examples(like: Examples) -> Examples:
    return replace(like, inputs=like.inputs[:0], labels=like.labels[:0])


def _take_examples(inputs: NDArray[np.float32], labels: NDArray[np.int64], indices: Indices) -> Examples:
    """The examples at `indices`, copied: arrays that are mapped cannot be written to, tensors can."""
    return Examples(torch.from_numpy(inputs[indices]), torch.from_numpy(labels[indices]))


def _stratified(labels: NDArray[np.int64], share: float, seed: int) -> Indices:
    """Indices of a share of the examples, each class in proportion, at least one of each."""
    n = max(len(np.unique(labels)), round(share * len(labels)))
    return stratified_sample(labels, n, seed, fewest=1)
