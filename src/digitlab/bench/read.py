"""How well pages are read: composed of MNIST's validation digits, by kind and strength, beside a peer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from digitlab.bench.measurement import Log, Measurement
from digitlab.bench.tesseract import find_tesseract, read_with_tesseract
from digitlab.errors import DataError, SettingError
from digitlab.formatting import format_share
from digitlab.pages.answers import Page
from digitlab.pages.composition import KINDS, STRENGTHS, Composed, compose, held_out
from digitlab.pages.evidence import READING_MODEL
from digitlab.pages.options import ReadOptions
from digitlab.pages.scoring import Score, digits_right, joined, score
from digitlab.reader import OnnxModel

__all__ = ["PEERS", "PICTURES", "Reader", "Row", "read_rows", "read_table"]

PICTURES = 10
MOST_PICTURES = 10_000
SEED = 15
PEERS = ("tesseract",)

CELLS = {"boxes": "RxC", "table": "auto"}
"""Kinds that are read once more with `--cells`: their rows and columns, or `auto`."""

Reader = Callable[[NDArray[np.uint8], ReadOptions], Page]


@dataclass(frozen=True)
class PeerScore:
    """How well a peer read one picture; the figures are those of `Score`."""

    lines_right: bool
    joined_right: bool
    digits_right: float
    seconds: float


@dataclass(frozen=True)
class Row:
    """Pictures of one kind and strength, read in one way.

    Attributes:
        kind: Of the pictures.
        strength: Of the pictures; `all` for all of them.
        cells: What `--cells` was told: `RxC`, `auto`, or nothing.
        scores: Of each picture.
        seconds: For each picture.
        peer: Scores of the peer; none if it is not asked.
    """

    kind: str
    strength: str
    cells: str = ""
    scores: list[Score] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    peer: list[PeerScore] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The kind, and how it was read."""
        return f"{self.kind} --cells {self.cells}" if self.cells else self.kind

    def values(self) -> dict[str, list[float]]:
        """Each figure's values: of each picture, or of each string, as the name says."""
        return {
            "pictures right": [float(one.lines_right) for one in self.scores],
            "pictures right, strings of a line joined": [float(one.joined_right) for one in self.scores],
            "strings right": [float(found) for one in self.scores for found in one.found],
            "digits right": [one.digits_right for one in self.scores],
            "box F1": [one.box_f1 for one in self.scores],
            "box F1, digit right": [one.digit_f1 for one in self.scores],
            "share of strings answered": [float(sure) for one in self.scores for sure in one.answered],
            "error among answered strings": [float(wrong) for one in self.scores for wrong in one.wrong],
            "time": self.seconds,
            "peer: pictures right": [float(one.lines_right) for one in self.peer],
            "peer: pictures right, strings of a line joined": [float(one.joined_right) for one in self.peer],
            "peer: digits right": [one.digits_right for one in self.peer],
            "peer: time": [one.seconds for one in self.peer],
        }

    def measurements(self) -> Iterator[Measurement]:
        """Each figure that has values."""
        for name, values in self.values().items():
            if values:
                unit = "s" if name.endswith("time") else "share"
                yield Measurement(f"read: {self.title}, {self.strength}: {name}", unit, values)


def read_rows(
    log: Log, n: int = PICTURES, peer: str | None = None, reader: Reader | None = None
) -> Iterator[Row]:
    """Composes pictures of every kind and strength and reads them.

    Args:
        log: Is called with a line of progress.
        n: How many pictures of each kind and strength, 1 to 10,000.
        peer: `tesseract` reads them, too; None: nobody.
        reader: Reads one picture; by default `read_page` with the model that ships.

    Yields:
        One row for each kind, strength, and way of reading, as it is known.

    Raises:
        SettingError: If `n` is out of range, or the peer is unknown or not installed.
    """
    if not 1 <= n <= MOST_PICTURES:
        raise SettingError(f"{n} pictures of each kind and strength", f"Give 1 to {MOST_PICTURES:,}.")
    if peer is not None and peer not in PEERS:
        raise SettingError(f"unknown peer {peer!r}", f"Those there are: {', '.join(PEERS)}.")
    program = None if peer is None else find_tesseract()
    reader = reader or _shipped_reader()
    images, labels = held_out()
    reader(compose("clean", "light", np.random.default_rng(SEED), images, labels).gray, ReadOptions())
    for number, kind in enumerate(KINDS):
        for level, strength in enumerate(STRENGTHS):
            ways = ("", CELLS[kind]) if kind in CELLS else ("",)
            rows = [Row(kind, strength, cells) for cells in ways]
            for picture in range(n):
                rng = np.random.default_rng((SEED, number, level, picture))
                composed = compose(kind, strength, rng, images, labels)
                for row in rows:
                    _measure(row, composed, reader)
                if program is not None:
                    rows[0].peer.append(_ask_peer(program, composed))
            for row in rows:
                right = sum(one.lines_right for one in row.scores)
                log(f"read: {row.title}, {strength}: {right} of {n} pictures right")
                yield row


def _shipped_reader() -> Reader:
    """Reads a picture as `digitlab read` does, without its file."""
    from digitlab.pages.reading import read_page  # type: ignore[import-not-found, unused-ignore]

    model = OnnxModel(READING_MODEL)

    def reader(gray: NDArray[np.uint8], options: ReadOptions) -> Page:
        page: Page = read_page(gray, model, options)
        return page

    return reader


def _measure(row: Row, composed: Composed, reader: Reader) -> None:
    """Reads a picture in a row's way, and adds its score and time."""
    options = ReadOptions(cells=composed.cells if row.cells == "RxC" else row.cells or None)
    started = time.perf_counter()
    try:
        page = reader(composed.gray, options)
    except DataError:  # its lines do not show the cells that are asked for
        height, width = composed.gray.shape
        page = Page("array", 1, width, height, 0.0, ())
    row.seconds.append(time.perf_counter() - started)
    truth = composed.truth(page.to_upright)
    row.scores.append(score(page, truth.by_digit() if row.cells == "RxC" else truth))


def _ask_peer(program: str, composed: Composed) -> PeerScore:
    """Has Tesseract read a picture; it is told whether there is one line, which we are not."""
    started = time.perf_counter()
    lines = read_with_tesseract(program, composed.gray, one_line=len(composed.lines) == 1)
    seconds = time.perf_counter() - started
    ours, true = joined(lines), joined(composed.lines)
    return PeerScore(
        lines == composed.lines, ours == true, digits_right("".join(ours), "".join(true)), seconds
    )


def read_table(rows: Iterable[Row]) -> tuple[list[str], list[list[str]]]:
    """The table of rows, with one of all strengths after those of each kind.

    Returns:
        Columns, and the texts of each row; the peer's columns only if it was asked.
    """
    found = list(rows)
    shown = {
        "pictures right": "pictures right",
        "strings right": "strings right",
        "digits right": "digits right",
        "box F1": "box F1",
        "share of strings answered": "answered",
        "error among answered strings": "error",
        "time": "s/picture",
    }
    if any(row.peer for row in found):
        names = ("pictures right", "digits right", "time")
        shown |= {f"peer: {one}": f"peer: {'s/picture' if one == 'time' else one}" for one in names}
    texts = []
    ordered = sorted(found, key=lambda row: (KINDS.index(row.kind), row.cells))
    for _, group in groupby(ordered, key=lambda row: row.title):
        own = list(group)
        texts += [_texts(row, list(shown)) for row in [*own, _pooled(own)]]
    return ["kind", "strength", "n", *shown.values()], texts


def _pooled(rows: Sequence[Row]) -> Row:
    """One row of all pictures of several."""
    pooled = Row(rows[0].kind, "all", rows[0].cells)
    for name in ("scores", "seconds", "peer"):
        for row in rows:
            getattr(pooled, name).extend(getattr(row, name))
    return pooled


def _texts(row: Row, names: Sequence[str]) -> list[str]:
    """A row of the table; `-` where there is nothing to say."""
    values = row.values()
    texts = [row.title, row.strength, str(len(row.scores))]
    for name in names:
        own = values[name]
        mean = float(np.mean(own)) if own else 0.0
        if not own:
            texts.append("-")
        elif name.endswith("time"):
            texts.append(f"{mean:.2f}")
        elif name == "box F1":
            texts.append(f"{mean:.3f}")
        else:
            texts.append(format_share(mean, 1))
    return texts
