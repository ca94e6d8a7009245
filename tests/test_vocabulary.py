"""Vocabulary: names and words that the field does not use stay out of code, documents and tests.

Each banned name or word stands here with the one to use instead.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PENDING: tuple[str, ...] = ()
"""Paths that are not clean yet."""

WORDS = {
    # American spelling
    r"colou?r(?<=our)(?:s|ed|ing|less|ful)?": "color",
    r"grey(?:s|scale|ish)?": "gray",
    r"cent(?:re(?:s|d)?|ring)": "center",
    r"\w*(?:initial|normal|standard|optim|recogn|minim|maxim|regular|visual|summar|organ|synchron|general|"
    r"emphas|penal|util|special|quant|random|local|categor|real|binar|character|serial|parametr)is"
    r"(?:e|es|ed|er|ers|ing|able|ation|ations)": "-ize",
    r"behaviours?": "behavior",
    r"neighbour\w*": "neighbor",
    r"favour\w*": "favor",
    r"analys(?:e|ed|es|ing)(?<!analyses)": "analyze",
    r"(?:label|model|signal|cancel|travel)l(?:ed|ing)(?<!cancelled)": "one l: labeled",
    r"artefacts?": "artifact",
    r"catalogues?": "catalog, or registry",
    # Metaphors and riddles
    r"rooms": "packages",
    r"houses?": "package, project",
    r"walls": "contracts, limits",
    r"front doors?": "public API",
    r"fellows?(?: runs?)?": "sibling runs, other processes",
    r"teams?": "process group",
    r"timetables?": "schedule, step counts",
    r"(?:came|comes|has come|have come) to(?! be\b)": "result, is",
    r"pen-names?": "alias",
    # Names of before
    r"as_plain|from_plain": "to_dict, from_dict",
    r"keep_probability": "dropout",
    r"period_steps": "eval_every",
    r"clip_norm": "max_grad_norm",
    r"average_decay": "ema_decay",
    r"decay_epochs": "lr_decay_epochs",
    r"warm_up": "warmup_fraction",
    r"final_rate": "final_lr_ratio",
    r"by-activation|small-normal": "auto, normal-0.01",
    r"(?-i:JUDGED_WRONG)": "KNOWN_LABEL_ERRORS",
    r"paper_logit": "baseline_logit",
    r"log_probabilities": "log_softmax",
    r"answer_json": "print_json",
    r"(?:number|probability|after|suspect)_words|(?:share|period)_in_words": "format_*",
    r"trained_together": "n_stacked_seeds",
}
"""Whole words, of any case, in every text file."""

CLASSES = {
    "Order": "ReproduceOptions",
    "Material": "StudyData, SearchData",
    "Course": "ReproduceProgress",
    "Way": "an executor",
    "Shown": "ComputationResult",
    "Trained": "ExperimentRuns",
    "Drawing": "FigureSpec",
    "Kept": "JobResult",
    "Period": "HistoryEntry",
    "Fitted": "FitResult",
    "Live": "StepInfo",
    "Timetable": "StepCounts",
    "Session": "TrainState",
    "Best": "EarlyStopping, BestCandidate",
    "Average": "ExponentialMovingAverage",
    "Team": "ProcessGroup",
    "RunFacts": "RunConfig",
    "DataPlan": "DataConfig",
    "LoadedData": "Splits",
    "Comparison": "RunTable, PublishedComparison",
    "Facts": "ExperimentSetup",
    "Picture": "EmbeddedFigure, InputImage",
    "Seen": "ViewResult",
    "Choices": "ViewOptions",
    "Subject": "InspectedModel",
    "Mapped": "LayerActivations",
    "Question": "AttributionTarget",
    "Preferred": "MaximizingImages",
    "Suspect": "LabelIssue",
    "Spread": "SampleStats",
    "Several": "CommaSeparated",
    "HoldOut": "SplitMethod",
    "DigitSet": "DatasetInfo",
    "ClassroomForm": "ClassroomVariant",
    "Purpose": "RngStream",
    "Where": "RowLabel",
    "Stack": "StackedNetworks",
}
FUNCTIONS = {
    "conclude": "evaluate_and_save",
    "assist": "train_worker",
    "showing": "reproduce_progress",
    "complain": "print_error",
    "in_words": "format_*",
    "_in_words": "format_*",
    "put_into": "swap_in",
    "consider": "update",
    "exhausted": "should_stop",
    "_follow": "_validate",
    "_follower": "_extra_validation",
    "_keep_weights": "_load_final_weights",
    "take_period": "train_period",
    "replacing": "atomic_write",
    "capture": "activations",
    "check_number": "check_index",
    "tsne_map": "tsne_projection",
    "pca_map": "pca_projection",
    "preferred_images": "maximize_activation",
    "film_tiles": "animate_tiles",
    "draw_map": "draw_projection",
    "placed_figure": "fixed_layout_figure",
    "heading": "title_height",
    "place_of": "short_name",
    "logits_of": "predict_logits",
    "ink_of": "extract_ink",
    "grey_of": "to_gray",
    "unrolled": "flatten_images, unflatten_rows",
    "needed": "n_for, votes_needed",
    "mapped": "from_memmap",
    "kept": "load_cached_result",
    "seen": "view_figure",
    "on_its_own": "view_without_model",
    "_told": "_shared_settings",
    "_bury": "_kill",
    "_ask": "_request",
    "_silent": "_no_cluster_error",
    "_dearest": "_largest_drop",
    "_moving": "_saliency_map",
    "_adding": "_ig_map",
    "_hiding": "_occlusion_map",
    "_again": "_retrain_setup",
    "_which": "_weights_label",
    "_learned": "_training_digits",
    "join_team": "init_distributed",
}
"""Functions and methods."""

FIELDS = {
    "on_period": "on_history",
    "follow": "monitor",
    "also": "extra_eval",
    "corrects": "fixes_protocol_of",
    "drops": "logit_drop",
    "agreeing": "votes",
    "initialisation": "initialization",
}
"""Parameters, and annotated fields of classes."""

MODULES = {
    "arrays": "validation",
    "assist": "train",
    "cluster": "ray",
    "content": "safe_read",
    "contents": "tables",
    "course": "reproduce_progress",
    "drawings": "figures",
    "experiment": "runs",
    "facts": "experiment_setup",
    "form": "normalize",
    "ink": "segmentation",
    "keeping": "early_stopping",
    "maps": "projections",
    "material": "data",
    "numbers": "formatting",
    "outcome": "runs",
    "paper": "style",
    "picture": "image_file",
    "places": "lookup",
    "preferred": "activation_maximization",
    "replicas": "loop",
    "sheet": "contact_sheet",
    "suspects": "label_errors",
    "talk": "output",
    "team": "distributed",
    "trained": "training_results",
    "views": "inspection",
    "way": "jobs",
    "words": "format",
    "work": "run_job",
    "worker": "jobs",
}
"""Modules and packages."""

STUDIES = "crash-course|practice-lab|deep-mnist|hidden-layer|mat-file"
BANNED = re.compile(
    rf"(?<![\w-])(?:{'|'.join(f'(?P<w{n}>{word})' for n, word in enumerate(WORDS))})(?![\w-])", re.IGNORECASE
)


ALLOWED = {("tests/cli/test_train.py", "keep_probability")}
"""Words that a test needs, to show that they are refused."""


def _clean(path: Path) -> bool:
    name = path.relative_to(ROOT).as_posix()
    own = path != Path(__file__) and "vendor" not in path.parts
    return own and not any(name.startswith(pending) for pending in PENDING)


def _texts() -> Iterator[Path]:
    yield from filter(_clean, (ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "Makefile"))
    for folder, kinds in (("src/digitlab", "py css js j2"), ("tests", "py"), ("docs", "py md")):
        for kind in kinds.split():
            yield from filter(_clean, sorted((ROOT / folder).rglob(f"*.{kind}")))


def _spaced(line: str) -> str:
    """`line` with the parts of names apart, so that `draw_colour` and `test_centred` hold their words."""
    return re.sub(r"(?<=[a-z])_(?=[a-z])", " ", line)


def found_words(text: str) -> list[str]:
    """Banned words in a text, each with its line and what to write instead."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        for match in {(m[0], m.lastgroup) for each in (line, _spaced(line)) for m in BANNED.finditer(each)}:
            word, group = match
            found.append(f"{number}: {word}: {list(WORDS.values())[int(str(group)[1:])]}")
    return found


def found_sources(text: str) -> list[str]:
    """Numbers of sources without the id of their study in the same line or the one before or after."""
    lines = ["", *text.splitlines(), ""]
    return [
        f"{number}: {lines[number]}"
        for number in range(1, len(lines) - 1)
        if re.search(r"\bsources? 00\d", lines[number], re.IGNORECASE)
        and not re.search(STUDIES, " ".join(lines[number - 1 : number + 2]))
    ]


def found_names(source: str) -> list[str]:
    """Banned names that a module defines, each with its line and what to use instead."""
    found = []
    for node in ast.walk(ast.parse(source)):
        name, banned = "", CLASSES
        if isinstance(node, ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name, banned = node.name, FUNCTIONS
        elif isinstance(node, ast.arg):
            name, banned = node.arg, FIELDS
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, banned = node.target.id, FIELDS
        if name in banned:
            found.append(f"{node.lineno}: {name}: {banned[name]}")
    return found


def test_the_finders_find() -> None:
    text = "The neighbours' colours\nare gray. def test_centred_ink():\nTEAM, steam, keep_probability"
    assert [each.split(": ")[:2] for each in sorted(found_words(text))] == [
        ["1", "colours"],
        ["1", "neighbours"],
        ["2", "centred"],
        ["3", "TEAM"],
        ["3", "keep_probability"],
    ]
    assert not found_words("recognize, realizes, labeled, wall clock, analyses, it came to be so, cancelled")
    assert found_sources("a\nSource 003 says\nb") == ["2: Source 003 says"]
    assert not found_sources("the study `hidden-layer`\n(source 003)")
    names = found_names("class Team:\n  follow: int\n  def seen(self, also): ...")
    assert sorted(each.split(": ")[1] for each in names) == ["Team", "also", "follow", "seen"]


@pytest.mark.parametrize("find", [found_words, found_sources], ids=["words", "sources"])
def test_texts(find: Callable[[str], list[str]]) -> None:
    found = {}
    for path in _texts():
        name = path.relative_to(ROOT).as_posix()
        each = [one for one in find(path.read_text("utf-8")) if (name, one.split(": ")[1]) not in ALLOWED]
        found |= {name: each} if each else {}
    assert not found


def test_names_and_modules() -> None:
    paths = list(filter(_clean, sorted((ROOT / "src/digitlab").rglob("*.py"))))
    found = {path.relative_to(ROOT).as_posix(): found_names(path.read_text("utf-8")) for path in paths}
    for path in paths:
        for part in path.relative_to(ROOT / "src/digitlab").with_suffix("").parts:
            if part in MODULES:
                found[path.as_posix()] = [f"module {part}: {MODULES[part]}"]
    assert not {path: each for path, each in found.items() if each}
