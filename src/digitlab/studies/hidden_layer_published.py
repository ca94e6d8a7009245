"""Published values of source 003 (`hidden-layer`), and recorded standard deviations over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digitlab.report import ExperimentResult, SeedSpread, Table
from digitlab.report.format import measured_text, published_text

__all__ = [
    "LOSSES_1",
    "MEAN_SCORES",
    "SEED_SPREADS",
    "VALIDATION_LOSSES_1",
    "VALIDATION_LOSSES_2",
    "VALIDATION_LOSSES_3",
    "VALIDATION_LOSSES_3A",
    "VALIDATION_LOSSES_FOREST",
    "VALIDATION_LOSSES_PCA",
    "results_table",
]


RESULTS = {
    "mlp-1": ("Simple MLP 1", 84.26, 0.436, 0.433),
    "mlp-2": ("Simple MLP 2", 95.17, 0.697, 0.701),
    "mlp-700-sigmoid": ('"Best" MLP 3', 2421.23, 0.999, 0.982),
    "pca": ('"Best" MLP with PCA', 275.36, 0.999, 0.979),
    "forest-pixels": ('"Best" MLP using RF', 153.65, 0.982, 0.948),
}
"""The source's table of results: network, training time in seconds, Acc (Train), Acc (Validation)."""
DATE = "2026-11-24"
BOTH = "AMD EPYC, Intel Xeon"
SEED_SPREADS: Mapping[str, SeedSpread] = {
    "grid": SeedSpread(std={"best_width": 35.4}, n=2, machine=BOTH, date=DATE),
    "grid-best": SeedSpread(
        std={"test_accuracy": 0.00162, "test_loss": 0.0049}, n=4, machine=BOTH, date=DATE
    ),
    "mlp-700-relu": SeedSpread(
        std={"test_accuracy": 0.0008, "test_loss": 0.00266, "validation_accuracy": 0.00084},
        n=4,
        machine=BOTH,
        date=DATE,
    ),
    "mlp-700-sigmoid": SeedSpread(
        std={"test_accuracy": 0.00059, "test_loss": 0.00366, "validation_accuracy": 0.00081},
        n=3,
        machine=BOTH,
        date=DATE,
    ),
    "pca": SeedSpread(
        std={"test_accuracy": 0.0012, "test_loss": 0.00857, "validation_accuracy": 0.00101},
        n=3,
        machine=BOTH,
        date=DATE,
    ),
    "forest-pixels": SeedSpread(
        std={"test_accuracy": 0.0024, "test_loss": 0.01068, "validation_accuracy": 0.00217},
        n=4,
        machine=BOTH,
        date=DATE,
    ),
}
"""By experiment of `hidden-layer`."""


def _series(text: str) -> tuple[float, ...]:
    return tuple(map(float, text.split()))


MEAN_SCORES = _series(
    """
    0.96739995 0.9715273 0.97229093 0.97285457 0.97125455 0.97139996 0.97454546 0.97360003 0.97274546
    0.97350907 0.97243637 0.97412727 0.97501814 0.97485459 0.97210908 0.97165457
    """
)
"""Mean accuracy over three folds of 100, 150 ... 850 units."""

LOSSES_1 = _series(
    """
    1.9612 1.8108 1.7606 1.7309 1.7117 1.6968 1.683 1.6656 1.6486 1.636 1.626 1.6178 1.6121 1.6069 1.603
    1.5999 1.597 1.5947 1.5931 1.5915 1.5891 1.5865 1.5827 1.5766 1.5703 1.5645 1.5606 1.5573
    """
)
"""One hidden unit: on training images."""

VALIDATION_LOSSES_1 = _series(
    """
    1.8292 1.7554 1.7152 1.6901 1.6732 1.6629 1.6432 1.6242 1.6085 1.5978 1.5875 1.5802 1.5804 1.5749
    1.5722 1.5642 1.5705 1.5629 1.5632 1.557 1.5586 1.5511 1.5506 1.5407 1.5343 1.5361 1.5311 1.5269
    """
)
"""One hidden unit: on the images held out."""

VALIDATION_LOSSES_2 = _series(
    """
    1.2846 1.132 1.0766 1.0465 1.0319 1.0135 1.0101 0.9983 0.9906 0.9982 0.9883 0.9903 0.9879 0.9849
    0.9807 0.9771 0.9737 0.9727 0.9705 0.9586 0.9695 0.9625 0.9584 0.9447 0.9388 0.9426 0.9361 0.9519
    """
)
"""Two hidden units."""

VALIDATION_LOSSES_3 = _series(
    """
    0.1131 0.0821 0.0862 0.0793 0.0875 0.0828 0.0978 0.1041 0.0951 0.1119 0.1049 0.1186 0.1059 0.1321
    """
)
"""700 ReLU units, RMSprop."""

VALIDATION_LOSSES_3A = _series(
    """
    0.2081 0.1369 0.0982 0.0823 0.0748 0.0682 0.0603 0.0669 0.0597 0.0697 0.0548 0.0642 0.0797 0.0652
    0.0671 0.0708 0.0708 0.0755 0.0643 0.0991 0.069
    """
)
"""700 sigmoid units, Adam."""

VALIDATION_LOSSES_PCA = _series(
    """
    0.2793 0.2676 0.2308 0.2043 0.1739 0.1447 0.1307 0.1041 0.0935 0.079 0.0784 0.077 0.0744 0.0587
    0.0601 0.0607 0.0615 0.0625 0.07 0.0617 0.0606 0.0624 0.0718 0.0687
    """
)
"""On 154 principal components."""

VALIDATION_LOSSES_FOREST = _series(
    """
    0.3001 0.2508 0.218 0.1835 0.1823 0.1771 0.1725 0.1641 0.1736 0.1806 0.1717 0.1669 0.1673 0.1787
    0.1916 0.1772 0.1758 0.1806
    """
)
"""On the forest's 70 pixels."""


def results_table(experiments: Sequence[ExperimentResult]) -> tuple[Table, ...]:
    """The source's table of results with ours beside it, as far as there are any."""
    rows = []
    for each in experiments:
        if each.id in RESULTS and each.measured:
            network, seconds, train, test = RESULTS[each.id]
            ours = {metric: measured_text(metric, value) for metric, value in each.measured.items()}
            rows.append(
                (
                    network,
                    each.id,
                    published_text("train_seconds", seconds),
                    ours["train_seconds"],
                    published_text("train_accuracy", train),
                    ours["last_epoch_accuracy"],
                    published_text("test_accuracy", test),
                    ours["test_accuracy"],
                    ours["validation_accuracy"],
                    len(each.seeds),
                )
            )
    columns = (
        *("network in the source", "here", "training time", "ours", "Acc (Train)", "ours, last epoch"),
        *("Acc (Validation), of test images", "ours, of test images", "ours, of validation images", "n"),
    )
    title = "The source's table of results, and ours"
    return (Table(id="results", title=title, columns=columns, rows=tuple(rows)),) if rows else ()
