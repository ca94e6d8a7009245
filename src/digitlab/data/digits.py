"""`Digits`: a dataset of images of handwritten digits with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitlab.arguments import check_arguments
from digitlab.errors import DataError, SettingError

__all__ = ["Digits", "SplitMethod", "scale_ink", "stratified_sample"]

SplitMethod = Literal["first", "last", "random", "stratified"]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Digits:
    """A dataset: images of digits with their labels. Immutable: every method returns a new one.

    Attributes:
        images: `(n, height, width)`, `uint8`, 0 = paper, 255 = ink, upright. Read-only.
        labels: `(n,)`, `int64`, 0 to 9. Read-only.
        name: Name of the dataset, for example `mnist:train[5000:]`.

    Raises:
        DataError: If shapes, types, lengths or labels are not as above, or n is 0.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    name: str

    def __post_init__(self) -> None:
        for name in ("images", "labels"):
            object.__setattr__(self, name, _as_array(getattr(self, name), name))
        if not isinstance(self.name, str):
            raise DataError(f"the name of digits is {type(self.name).__name__}", "Give a text.")
        if self.labels.dtype.kind not in "iu":
            raise DataError(
                f"{self.name}: labels of type {self.labels.dtype}", "Give whole numbers from 0 to 9."
            )
        if self.images.ndim != 3 or self.images.dtype != np.uint8:
            raise DataError(
                f"{self.name}: images of shape {self.images.shape} and type {self.images.dtype}",
                "Images are uint8 (n, height, width): 0 is paper, 255 is ink.",
            )
        if self.labels.shape != self.images.shape[:1]:
            raise DataError(
                f"{self.name}: {len(self.images)} images but labels of shape {self.labels.shape}",
                "Give exactly one label for each image.",
            )
        if self.images.size == 0:
            raise DataError(f"{self.name}: no digits", "Give at least one image, with at least one pixel.")
        outside = (self.labels < 0) | (self.labels > 9)
        if outside.any():
            where = int(outside.argmax())
            raise DataError(
                f"{self.name}: label {self.labels[where]} at index {where}", "Labels are the digits 0 to 9."
            )
        object.__setattr__(self, "images", _read_only(self.images))
        object.__setattr__(self, "labels", _read_only(self.labels.astype(np.int64, copy=False)))

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"Digits({self.name}: {len(self)} images of {self.height}x{self.width})"

    def _repr_html_(self) -> str:
        from digitlab.data.notebook import digits_to_html

        return digits_to_html(self)

    @property
    def height(self) -> int:
        """Height of each image in pixels."""
        return int(self.images.shape[1])

    @property
    def width(self) -> int:
        """Width of each image in pixels."""
        return int(self.images.shape[2])

    def ink(self) -> NDArray[np.float32]:
        """The images as a network takes them: `(n, height, width)`, `float32`, ink in [0, 1]."""
        return scale_ink(self.images)

    @check_arguments
    def features(self, order: Literal["rows", "columns"] = "rows") -> NDArray[np.float32]:
        """The images as a matrix of features, one row for each image.

        Args:
            order: `rows` lays an image out row after row, as most libraries do. `columns` lays it
                out column after column, as Octave does and the classroom `.mat` file has it; such
                a row reshaped to `(height, width)` needs a transpose to stand upright.

        Returns:
            `(n, height * width)`, `float32`, ink in [0, 1].
        """
        ink = self.ink()
        if order == "columns":
            ink = ink.transpose(0, 2, 1)
        return ink.reshape(len(self), -1)

    @check_arguments
    def take(self, n: int) -> Digits:
        """The first `n` digits.

        Raises:
            SettingError: If `n` is not between 1 and the number of digits.
        """
        if not 1 <= n <= len(self):
            raise SettingError(f"cannot take {n} of {len(self)} digits", f"Take 1 to {len(self)}.")
        return replace(self, images=self.images[:n], labels=self.labels[:n], name=f"{self.name}[first {n}]")

    @check_arguments
    def subset(self, indices: NDArray[np.integer] | Sequence[int], name: str | None = None) -> Digits:
        """The digits at `indices`, in that order.

        Args:
            indices: `(m,)` whole numbers, each from 0 to n - 1.
            name: What to call them; by default this one's name and how many were chosen.

        Raises:
            SettingError: If an index is outside 0 to n - 1, or there is none.
        """
        chosen = np.asarray(indices, dtype=np.int64)
        if chosen.size == 0 or chosen.min() < 0 or chosen.max() >= len(self):
            raise SettingError(
                f"{self.name}: indices outside its {len(self)} digits, or none",
                f"Indices run from 0 to {len(self) - 1}.",
            )
        name = name or f"{self.name}[{len(chosen)} chosen]"
        return Digits(self.images[chosen], self.labels[chosen], name)

    @check_arguments
    def split(self, n: int, how: SplitMethod = "last", seed: int = 0) -> tuple[Digits, Digits]:
        """Holds out `n` digits: `(the others, the held out)`.

        Args:
            n: How many to hold out, 1 to the number of digits - 1.
            how: `first` or `last` as they stand; `random`; `stratified`: random, with each digit in
                the proportion it has in the whole (largest remainders).
            seed: Decides `random` and `stratified`; the same seed holds out the same digits.

        Raises:
            SettingError: If `n` or `how` is not as above.
        """
        total = len(self)
        if not 1 <= n < total:
            raise SettingError(f"cannot hold out {n} of {total} digits", f"Hold out 1 to {total - 1}.")
        if how == "first":
            held = np.arange(n)
        elif how == "last":
            held = np.arange(total - n, total)
        elif how == "random":
            held = np.sort(np.random.default_rng(seed).permutation(total)[:n])
        elif how == "stratified":
            held = stratified_sample(self.labels, n, seed)
        else:
            raise SettingError(
                f"cannot hold out {how!r}", "Hold out the 'first', the 'last', 'random' or 'stratified'."
            )
        kept = np.ones(total, dtype=bool)
        kept[held] = False
        word = how if how in ("first", "last") else f"{how} seed {seed}"
        return (
            self.subset(np.flatnonzero(kept), f"{self.name}[without {word} {n}]"),
            self.subset(held, f"{self.name}[{word} {n}]"),
        )


def scale_ink(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scales pixels to the ink that a network takes.

    Args:
        pixels: Any shape, `uint8`, 0 = paper, 255 = ink.

    Returns:
        The same shape, `float32`, 0 = paper, 1 = ink: `pixels` times 1 / 255, rounded to `float32`.
    """
    return np.multiply(pixels, np.float32(1 / 255), dtype=np.float32)


def stratified_sample(labels: NDArray[np.integer], n: int, seed: int, fewest: int = 0) -> NDArray[np.int64]:
    """Stratified random sample: indices of `n` examples, each class in the proportion that it has.

    The counts are rounded by largest remainders. It is the one stratified split of the project.

    Args:
        labels: `(m,)`, whole numbers from 0 on.
        n: How many to draw, 0 to m.
        seed: The same seed draws the same examples.
        fewest: Draw at least so many of each class that has them, and takes them from the classes
            that have most above their proportion; needs `n` of at least `fewest` times the classes.

    Returns:
        `(n,)`, ascending.
    """
    counts = np.bincount(labels)
    share = counts * (n / len(labels))
    take = np.floor(share).astype(int)
    take[np.argsort(take - share, kind="stable")[: n - take.sum()]] += 1
    wanted = np.minimum(fewest, counts)
    while (short := np.flatnonzero(take < wanted)).size:
        take[short[0]] += 1
        take[np.where(take > wanted, take - share, -np.inf).argmax()] -= 1
    random = np.random.default_rng(seed)
    chosen = [random.permutation(np.flatnonzero(labels == of))[: take[of]] for of in range(len(counts))]
    return np.sort(np.concatenate(chosen))


def _as_array(values: object, name: str) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{name} of digits are {type(values).__name__}: {error}", "Give an array.") from None


def _read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    view = array.view()
    view.flags.writeable = False
    return view
