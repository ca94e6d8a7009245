"""Measures how well real pages are read: photos and scans with labels, that are not ours to ship.

    python docs/measure_real_pages.py DIR [--json FILE] [--most N]

`DIR/labels.csv` has the columns `file`, `kind`, `digits` and `order`; in `digits`, `/` parts lines or rows, a
space strings or cells. `DIR/cheques.csv` has `file`, `digits` and `boxes`, a box `x,y,width,height` for each
digit. Each picture is read with the defaults of `digitlab read`. What is counted:

- cheques, lines: all digits of the picture in reading order, by edit distance, over all pictures together.
  A line's picture is right if its lines and strings are as labeled; a cheque if its digits are, joined.
- boxes: the same of all rows joined. In order `handwritten cells`, printed numbers and words are not labeled:
  strings that are read beyond the labeled ones cost nothing, but only as a whole. "Strict" counts them.
- mixed: the strings as a multiset, whatever their order.
- single: pictures of one digit from which just that digit is read.
- none: pictures without digits from which anything is read, and from which anything is read as sure.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from reading_tables import share

import digitlab
from digitlab.errors import DigitlabError
from digitlab.formatting import format_share
from digitlab.machine import environment
from digitlab.pages import Page
from digitlab.pages.answers import Box
from digitlab.pages.evidence import READING_MODEL
from digitlab.pages.options import MAX_ERROR
from digitlab.pages.scoring import edit_distance, f1, match_boxes, upright_boxes
from digitlab.reader import OnnxModel

EMPTY = Page("error", 1, 1, 1, 0.0, ())
"""What is read from a picture that is an error."""
PRINTED = "handwritten cells"

Lines = tuple[tuple[str, ...], ...]
Numbers = dict[str, Any]


@dataclass(frozen=True)
class Picture:
    """A picture and what is written on it.

    Attributes:
        file: Its path.
        kind: As in `labels.csv`, or `cheques`.
        lines: The strings of each line.
        order: What of their order counts.
        boxes: Of the digits; none if they are not labeled.
    """

    file: Path
    kind: str
    lines: Lines
    order: str = "lines"
    boxes: tuple[Box, ...] = ()

    @property
    def digits(self) -> str:
        """All digits, joined."""
        return "".join(string for line in self.lines for string in line)


@dataclass(frozen=True)
class Answer:
    """What was read from a picture, and how long it took with the decoding of its file."""

    picture: Picture
    page: Page
    seconds: float
    failed: bool = False

    @property
    def lines(self) -> Lines:
        """The strings of each line that was read."""
        return tuple(tuple(string.text for string in line.strings) for line in self.page.lines)

    @property
    def digits(self) -> str:
        """All digits that were read, joined."""
        return "".join(string.text for string in self.page.strings)

    @property
    def sure(self) -> bool:
        """Whether something is read and all of it is sure."""
        return bool(self.page.strings) and all(string.status == "sure" for string in self.page.strings)


def pictures(folder: Path) -> Iterator[Picture]:
    """All pictures of a folder with labels."""
    with (folder / "cheques.csv").open(newline="") as rows:
        for row in csv.DictReader(rows):
            boxes = tuple(_box(text) for text in row["boxes"].split())
            yield Picture(folder / row["file"], "cheques", ((row["digits"],),), boxes=boxes)
    with (folder / "labels.csv").open(newline="") as rows:
        for row in csv.DictReader(rows):
            lines = tuple(tuple(line.split()) for line in row["digits"].split("/")) if row["digits"] else ()
            yield Picture(folder / row["file"], row["kind"], lines, row["order"])


def _box(text: str) -> Box:
    left, top, width, height = (int(part) for part in text.split(","))
    return left, top, width, height


def read_picture(picture: Picture, model: OnnxModel) -> Answer:
    """Reads a picture; an error is an answer in which nothing is read."""
    started = time.perf_counter()
    try:
        (page,) = digitlab.read(picture.file, model)
    except DigitlabError as error:
        print(f"{picture.file.name}: {error}", file=sys.stderr)
        return Answer(picture, EMPTY, time.perf_counter() - started, failed=True)
    return Answer(picture, page, time.perf_counter() - started)


def distance(answer: Answer) -> int:
    """Edit distance of the digits that were read from those that are written.

    Where printed numbers are not labeled, any string that was read may be dropped as a whole at no cost.
    """
    true = answer.picture.digits
    if answer.picture.order != PRINTED:
        return edit_distance(answer.digits, true)
    row = list(range(len(true) + 1))
    for string in answer.page.strings:
        own = row
        for digit in string.text:
            after = [own[0] + 1]
            for column, target in enumerate(true):
                cost = own[column] + (digit != target)
                after.append(min(own[column + 1] + 1, after[column] + 1, cost))
            own = after
        row = [min(pair) for pair in zip(row, own, strict=True)]
    return row[-1]


def measure(answers: Sequence[Answer]) -> Numbers:
    """The figures of the pictures of one kind."""
    kind = answers[0].picture.kind
    found: Numbers = {
        "n": len(answers),
        "errors": sum(one.failed for one in answers),
        "seconds": [round(one.seconds, 4) for one in answers],
    }
    if kind == "none":
        return found | {
            "read": sum(bool(one.page.strings) for one in answers),
            "sure": sum(any(text.status == "sure" for text in one.page.strings) for one in answers),
        }
    if kind == "mixed":
        true = [Counter(text for line in one.picture.lines for text in line) for one in answers]
        read = [Counter(text for line in one.lines for text in line) for one in answers]
        return found | {
            "right": sum(one == other for one, other in zip(true, read, strict=True)),
            "strings": sum(sum(one.values()) for one in true),
            "strings_right": sum(sum((one & other).values()) for one, other in zip(true, read, strict=True)),
            "strings_more": sum(sum((one - other).values()) for one, other in zip(read, true, strict=True)),
        }
    joined = kind in ("cheques", "single")
    right = [
        one.digits == one.picture.digits if joined else one.lines == one.picture.lines for one in answers
    ]
    digits = sum(len(one.picture.digits) for one in answers)
    found |= {
        "right": sum(right),
        "digits": digits,
        "digits_right": max(0.0, 1 - sum(distance(one) for one in answers) / digits),
    }
    if kind == "cheques":
        sure = [good for one, good in zip(answers, right, strict=True) if one.sure]
        found |= {"max_error": MAX_ERROR, "answered": len(sure), "wrong": len(sure) - sum(sure)}
        found["box_f1"] = box_f1(answers)
    if any(one.picture.order == PRINTED for one in answers):
        wrong = sum(edit_distance(one.digits, one.picture.digits) for one in answers)
        found["digits_right_strict"] = max(0.0, 1 - wrong / digits)
    return found


def box_f1(answers: Sequence[Answer]) -> float:
    """F1 of all digits' boxes at an overlap of 0.5, whatever the digits."""
    hits = read = true = 0
    for one in answers:
        corners = [
            np.array([(x, y), (x + w - 1, y), (x, y + h - 1), (x + w - 1, y + h - 1)], float)
            for x, y, w, h in one.picture.boxes
        ]
        boxes = [digit.box for string in one.page.strings for digit in string.digits]
        hits += len(match_boxes(boxes, upright_boxes(corners, one.page.to_upright)))
        read, true = read + len(boxes), true + len(corners)
    return f1(hits, read, true)


def table(kinds: Numbers) -> Iterator[str]:
    """The figures as lines of text."""
    for kind, found in kinds.items():
        n = found["n"]
        parts = []
        if "right" in found:
            parts.append(f"right {found['right']} of {n} = {share(found['right'], n)}")
        if "digits_right" in found:
            parts.append(f"digits right {format_share(found['digits_right'], 1)} of {found['digits']}")
        if "digits_right_strict" in found:
            parts.append(f"strict {format_share(found['digits_right_strict'], 1)}")
        if "strings" in found:
            parts.append(f"numbers right {found['strings_right']} of {found['strings']}")
            parts.append(f"more read {found['strings_more']}")
        if "box_f1" in found:
            parts.append(f"box F1 {found['box_f1']:.3f}")
        if "answered" in found:
            parts.append(f"sure {found['answered']} of {n} = {share(found['answered'], n)}")
            wrong, answered = found["wrong"], found["answered"]
            parts.append(f"wrong among them {wrong} of {answered} = {share(wrong, answered)}")
        if "read" in found:
            parts += [f"anything read {found['read']} of {n}", f"anything sure {found['sure']} of {n}"]
        seconds = np.array(found["seconds"])
        parts.append(f"{seconds.mean():.3f} s/picture (median {np.median(seconds):.3f})")
        if found["errors"]:
            parts.append(f"errors {found['errors']}")
        yield f"{kind:<8} n = {n:<4} {', '.join(parts)}"


def measure_folder(folder: Path, most: int | None = None) -> Numbers:
    """Reads the pictures of a folder and returns the figures of each kind.

    Args:
        folder: With `labels.csv` and `cheques.csv`.
        most: How many pictures of each kind are read; None: all.
    """
    model = OnnxModel(READING_MODEL)
    every = list(pictures(folder))
    read_picture(every[0], model)  # the first run of a network takes longer
    by_kind: defaultdict[str, list[Answer]] = defaultdict(list)
    for picture in every:
        own = by_kind[picture.kind]
        if most is None or len(own) < most:
            own.append(read_picture(picture, model))
    return {"machine": environment(), "kinds": {kind: measure(own) for kind, own in by_kind.items()}}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Measures how well the real pages of a folder are read.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--most", type=int, help="pictures of each kind; all by default")
    wanted = parser.parse_args()
    found = measure_folder(wanted.folder, wanted.most)
    for line in table(found["kinds"]):
        print(line)
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
