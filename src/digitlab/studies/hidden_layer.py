"""Source 003 (`hidden-layer`): networks of one hidden layer, with grid search, PCA and a random forest."""

from __future__ import annotations

from dataclasses import replace

from digitlab.studies import hidden_layer_published as printed
from digitlab.studies.datasets import FIRST_5000_HELD_OUT
from digitlab.studies.figures import components, confusion, errors, learning_curves, view_figure
from digitlab.studies.hidden_layer_forest import forest_pixels
from digitlab.studies.hidden_layer_published import SEED_SPREADS
from digitlab.studies.study import (
    Computation,
    FigureSpec,
    PublishedValue,
    SearchExperiment,
    Study,
    TrainingExperiment,
)
from digitlab.training import recipe

__all__ = ["STUDY"]

COMPONENTS = 154
"""Principal components that hold 95 % of the variance of the 55,000 training images."""
RMSPROP = replace(recipe("keras-2.0-rmsprop"), epochs=30)
STOPPED_BY_TEN = {"epochs": 30, "patience": 10, "restore_best": False}
"""Keras's `EarlyStopping(patience=10)` as the source calls it: the last weights stay, not the best."""

CURVES = FigureSpec("curves", "Learning curves: log loss by epoch, beside the published one", learning_curves)
CONFUSION = FigureSpec(
    "confusion",
    "Confusion matrix: which digits are mistaken for which? 55,000 training images",
    confusion("train"),
)
ERRORS = FigureSpec(
    "errors",
    "Confusion matrix without its diagonal: the errors as shares of each row",
    errors("train"),
    in_quick=False,
)
PAIR_5_8 = FigureSpec(
    "pair",
    "Confused pair: fives and eights, correct and mistaken",
    view_figure("confused-pair", pair=(5, 8)),
    in_quick=False,
)

STUDY = Study(
    id="hidden-layer",
    title="One hidden layer: grid search, PCA and random forest",
    source="003_a321bfc85bbcb840.txt",
    method=(
        "Networks of one hidden layer learn 55,000 images, with the first 5,000 held out: of one unit, of "
        "two, and of a width found by a grid search of 16 widths in 3 folds, which is 700. The best is "
        "trained again on 154 principal components and on the 70 pixels that a random forest finds most "
        "important."
    ),
    experiments=(
        TrainingExperiment(
            id="mlp-1",
            title="Experiment 1: one hidden unit, RMSprop, 30 epochs",
            network="mlp",
            options={"hidden": (1,), "initialization": "glorot"},
            recipe=RMSPROP,
            data=FIRST_5000_HELD_OUT,
            seeds=3,
            quick={"epochs": 1},
            cost=16.0,
            published={
                "test_accuracy": PublishedValue(0.4332999885082245, "Out [16]"),
                "test_loss": PublishedValue(1.5849745712280274, "Out [16]"),
                "last_epoch_accuracy": PublishedValue(0.436, "table of results"),
                "train_seconds": PublishedValue(84.26, "table of results"),
                "parameters": PublishedValue(805, "Out [12]"),
            },
            published_series={"train_loss": printed.LOSSES_1, "validation_loss": printed.VALIDATION_LOSSES_1},
            figures=(
                CURVES,
                CONFUSION,
                ERRORS,
                FigureSpec(
                    "pair",
                    "Confused pair: ones and threes, correct and mistaken",
                    view_figure("confused-pair", pair=(1, 3)),
                ),
                FigureSpec(
                    "boxplot",
                    "Box plot of activations: the unit's value by predicted digit",
                    view_figure("boxplot"),
                ),
                FigureSpec(
                    "weights",
                    "First-layer weights: what does the one unit respond to?",
                    view_figure("weights"),
                ),
            ),
        ),
        TrainingExperiment(
            id="mlp-2",
            title="Experiment 2: two hidden units, RMSprop, 30 epochs",
            network="mlp",
            options={"hidden": (2,), "initialization": "glorot"},
            recipe=RMSPROP,
            data=FIRST_5000_HELD_OUT,
            seeds=3,
            quick={"epochs": 1},
            cost=16.0,
            published={
                "test_accuracy": PublishedValue(0.7006000280380249, "Out [29]"),
                "test_loss": PublishedValue(0.9423021728515625, "Out [29]"),
                "last_epoch_accuracy": PublishedValue(0.697, "table of results"),
                "train_seconds": PublishedValue(95.17, "table of results"),
                "parameters": PublishedValue(1600, "Out [25]"),
            },
            published_series={"validation_loss": printed.VALIDATION_LOSSES_2},
            figures=(
                CURVES,
                CONFUSION,
                ERRORS,
                PAIR_5_8,
                FigureSpec(
                    "scatter",
                    "Scatter plot of activations: both units' values by predicted digit",
                    view_figure("scatter"),
                ),
                FigureSpec(
                    "weights",
                    "First-layer weights: what do the two units respond to?",
                    view_figure("weights"),
                ),
            ),
        ),
        SearchExperiment(
            id="grid",
            title="Experiment 3: 16 widths in 3 folds, stopped after 2 epochs without gain",
            network="mlp",
            options={"initialization": "glorot"},
            recipe=replace(RMSPROP, patience=2, restore_best=False),
            widths=tuple(range(100, 900, 50)),
            quick_widths=(100, 400),
            quick={"max_steps": 250, "patience": None},
            splitter="KFold",
            cv=3,
            data="mnist:train",
            quick_data="mnist:train[:25000]",
            validation="first:5000",
            costs=lambda width: 4.0 + 0.0125 * width,
            seed_spread=SEED_SPREADS["grid"],
            published={
                "best_mean_score": PublishedValue(0.97501814, "Out [78], mean_test_score"),
                "best_width": PublishedValue(700, "Out [77]"),
                "train_seconds": PublishedValue(6312.0, "Out [76]: 105.2 min"),
            },
            published_series={"mean_score": printed.MEAN_SCORES},
            notes=(
                "Its time is that of all 48 fits on one core, added up; two cores share them. The source's "
                "is wall clock, and two of its fits took ten times as long as their neighbors "
                "(mean_fit_time in Out [78]).",
            ),
        ),
        TrainingExperiment(
            id="grid-best",
            title="Experiment 3: the search's best, 700 units, trained again as the search does",
            network="mlp",
            options={"hidden": (700,), "initialization": "glorot"},
            recipe=replace(RMSPROP, patience=2, restore_best=False),
            data=FIRST_5000_HELD_OUT,
            quick={"max_steps": 300},
            cost=20.0,
            seed_spread=SEED_SPREADS["grid-best"],
            published={
                "test_accuracy": PublishedValue(0.9796, "Out [81]"),
                "test_loss": PublishedValue(0.0901317909641477, "Out [81]"),
            },
        ),
        TrainingExperiment(
            id="mlp-700-relu",
            title="Experiment 3: 700 ReLU units, RMSprop, stopped after 10 epochs without gain",
            network="mlp",
            options={"hidden": (700,), "initialization": "glorot"},
            recipe=recipe("keras-2.0-rmsprop", STOPPED_BY_TEN),
            data=FIRST_5000_HELD_OUT,
            quick={"max_steps": 400},
            cost=48.0,
            seed_spread=SEED_SPREADS["mlp-700-relu"],
            published={
                "test_accuracy": PublishedValue(0.9819999933242798, "Out [88]"),
                "test_loss": PublishedValue(0.11882708966166242, "Out [88]"),
                "validation_accuracy": PublishedValue(0.9802, "Out [86], epoch 14"),
                "last_epoch_accuracy": PublishedValue(0.9984, "Out [86], epoch 14"),
                "history_entries": PublishedValue(14, "Out [86]"),
                "train_seconds": PublishedValue(330.92, "Out [86]"),
            },
            published_series={"validation_loss": printed.VALIDATION_LOSSES_3},
            figures=(
                CURVES,
                CONFUSION,
                ERRORS,
                PAIR_5_8,
            ),
        ),
        TrainingExperiment(
            id="mlp-700-sigmoid",
            title="Experiment 3: 700 sigmoid units, Adam, stopped after 10 epochs without gain",
            network="mlp",
            options={"hidden": (700,), "activation": "sigmoid"},
            recipe=recipe("keras-adam", STOPPED_BY_TEN),
            data=FIRST_5000_HELD_OUT,
            quick={"max_steps": 300},
            cost=100.0,
            seed_spread=SEED_SPREADS["mlp-700-sigmoid"],
            published={
                "test_accuracy": PublishedValue(0.9818000197410583, "Out [97]"),
                "test_loss": PublishedValue(0.07755896054905373, "Out [97]"),
                "validation_accuracy": PublishedValue(0.9854, "Out [95], epoch 21"),
                "last_epoch_accuracy": PublishedValue(0.9991, "Out [95], epoch 21"),
                "history_entries": PublishedValue(21, "Out [95]"),
                "train_seconds": PublishedValue(2421.43, "Out [95]"),
                "parameters": PublishedValue(556_510, "Out [118]"),
            },
            published_series={"validation_loss": printed.VALIDATION_LOSSES_3A},
            figures=(
                CURVES,
                CONFUSION,
                ERRORS,
                PAIR_5_8,
                FigureSpec(
                    "weights",
                    "First-layer weights: what does each of the 700 units respond to?",
                    view_figure("weights"),
                ),
                FigureSpec(
                    "mistakes",
                    "Misclassifications: the worst errors on the test images",
                    view_figure("mistakes", "test"),
                ),
            ),
            notes=(
                "The source trains this network three times (as models 3a, 4 and 5): test accuracies 0.9818, "
                "0.9805 and 0.9769. Their standard deviation, 0.0025, is the spread of single runs in its "
                "tables.",
                "Its 2,421 s hold a laptop asleep: epochs 10 and 12 took 1,828 and 133 s, the others about "
                "24 s. At the pace of its other epochs it is about 500 s; its two other runs took 535 and "
                "912 s, the last with two naps.",
            ),
        ),
        TrainingExperiment(
            id="pca",
            title="Experiment 4: 154 principal components, 700 sigmoid units, Adam",
            network="mlp",
            options={"components": COMPONENTS, "hidden": (700,), "activation": "sigmoid"},
            recipe=recipe("keras-adam", STOPPED_BY_TEN),
            data=FIRST_5000_HELD_OUT,
            quick={"max_steps": 400},
            cost=45.0,
            seed_spread=SEED_SPREADS["pca"],
            published={
                "test_accuracy": PublishedValue(0.9789000153541565, "Out [132]"),
                "test_loss": PublishedValue(0.07981216991242036, "Out [132]"),
                "validation_accuracy": PublishedValue(0.9802, "Out [129]"),
                "last_epoch_accuracy": PublishedValue(0.9997, "Out [129]"),
                "history_entries": PublishedValue(24, "Out [127]"),
                "train_seconds": PublishedValue(275.36, "Out [127]"),
                "parameters": PublishedValue(556_510, "table of architectures"),
            },
            published_series={"validation_loss": printed.VALIDATION_LOSSES_PCA},
            figures=(
                CURVES,
                CONFUSION,
                ERRORS,
                FigureSpec(
                    "variance",
                    "Explained variance: how many components hold 95 %?",
                    components("explained-variance"),
                ),
                FigureSpec(
                    "components", "Principal components as images", components("principal-components")
                ),
            ),
            notes=(
                "The source's table gives this network 556,510 parameters, which is the full network's "
                "count; it has 154 x 700 + 700 + 7,010 = 115,510.",
                "Its file `mnist_model_4_pca.h5` holds `model_4`, the full network: cell 127 saves the wrong "
                "name.",
            ),
        ),
        Computation(
            id="forest",
            title="Experiment 5: a random forest of 100 trees and its 70 most important pixels",
            run=forest_pixels,
            cost=35.0,
            notes=(
                "The source's picture of the 70 pixels is transposed: it takes the row as x and the column "
                "as y.",
            ),
        ),
        TrainingExperiment(
            id="forest-pixels",
            title="Experiment 5: 70 pixels, 700 ReLU units, Adam",
            network="mlp",
            options={"hidden": (700,), "initialization": "glorot"},
            recipe=recipe("keras-adam", STOPPED_BY_TEN),
            data=FIRST_5000_HELD_OUT,
            pixels_from="forest",
            quick={"max_steps": 400},
            cost=22.0,
            seed_spread=SEED_SPREADS["forest-pixels"],
            published={
                "test_accuracy": PublishedValue(0.948199987411499, "Out [157]"),
                "test_loss": PublishedValue(0.19557065222747624, "Out [157]"),
                "validation_accuracy": PublishedValue(0.9542, "Out [154]"),
                "last_epoch_accuracy": PublishedValue(0.982, "Out [154]"),
                "history_entries": PublishedValue(18, "Out [152]"),
                "train_seconds": PublishedValue(153.65, "Out [152]"),
                "parameters": PublishedValue(556_510, "table of architectures"),
            },
            published_series={"validation_loss": printed.VALIDATION_LOSSES_FOREST},
            figures=(CURVES, CONFUSION, ERRORS),
            notes=(
                "The source's text and table say sigmoid for this network; its code (cell 150) is relu, and "
                "so is ours.",
                "Its table gives 556,510 parameters; the network has 70 x 700 + 700 + 7,010 = 56,710.",
                "It cuts the training and test images down to 70 pixels and lists the validation images as "
                "still of 784 columns (Out [137]), although its fit is given them; ours are cut alike.",
            ),
        ),
    ),
    notes=(
        "The column `Acc (Validation)` of the source's table of results holds test accuracies. Validation "
        "accuracies are here from the last epoch that it printed.",
        "Its `Acc (Train)` is the mean over the last epoch's batches while the weights move; ours is the "
        "same figure (last_epoch_accuracy), beside the accuracy of the finished network (train_accuracy).",
        "Its text names a learning rate of 0.01; its code has Keras's default, 0.001, and so do we.",
        "Its confusion matrices are of the training images, though titled `Test Confusion Matrix`.",
        "With one or two ReLU units much depends on where they start: a unit that dies leaves a network that "
        "predicts the same digit for every image. The spread over seeds says more than any single run.",
        "Its early stopping keeps the last weights, not the best; so do these. It trains every network once.",
        "RMSprop has its epsilon inside the root, as Keras 3 has it; which form TensorFlow 2.0.0 had could "
        "not be settled.",
    ),
    tables=printed.results_table,
)
