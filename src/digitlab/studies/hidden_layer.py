"""Source 003 (`hidden-layer`): networks of one hidden layer, with grid search, PCA and a random forest."""

from __future__ import annotations

from digitlab.studies.datasets import FIRST_5000_HELD_OUT
from digitlab.studies.figures import ARCHITECTURE, view_figure
from digitlab.studies.hidden_layer_700 import (
    CONFUSION,
    CURVES,
    ERRORS,
    EXPERIMENTS_700,
    PAIR_5_8,
    PUBLISHED_CONFUSION,
    RMSPROP,
)
from digitlab.studies.hidden_layer_published import EPOCHS, published_results
from digitlab.studies.hidden_layer_tables import (
    activations_head,
    class_counts,
    first_image_outputs,
    layers,
    maxima_and_agreement,
    study_tables,
)
from digitlab.studies.source_items import source_items
from digitlab.studies.study import FigureSpec, Study, TrainingExperiment

__all__ = ["STUDY"]

STUDY = Study(
    id="hidden-layer",
    title="One hidden layer: grid search, PCA and random forest",
    source="003_a321bfc85bbcb840.txt",
    source_title="Assignment 1: Neural Networks for Computer Vision",
    source_author="Claire Boetticher",
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
            published=published_results(
                "mlp-1",
                test_accuracy="Out [16]",
                test_loss="Out [16]",
                last_epoch_accuracy="table of results",
                train_seconds="table of results",
                parameters="Out [12]",
                train_accuracy="its confusion matrix",
                maximum_activation="In [29]",
            ),
            published_series=EPOCHS["mlp-1"],
            measures=maxima_and_agreement,
            tables=(layers, activations_head, first_image_outputs, class_counts),
            figures=(
                CURVES,
                CONFUSION,
                PUBLISHED_CONFUSION,
                ERRORS,
                ARCHITECTURE,
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
            published=published_results(
                "mlp-2",
                test_accuracy="Out [29]",
                test_loss="Out [29]",
                last_epoch_accuracy="table of results",
                train_seconds="table of results",
                parameters="Out [25]",
                train_accuracy="its confusion matrix",
                maximum_activation="In [41]",
                second_maximum_activation="In [41]",
            ),
            published_series=EPOCHS["mlp-2"],
            measures=maxima_and_agreement,
            tables=(layers, activations_head, first_image_outputs),
            figures=(
                CURVES,
                CONFUSION,
                PUBLISHED_CONFUSION,
                ERRORS,
                PAIR_5_8,
                ARCHITECTURE,
                FigureSpec(
                    "scatter",
                    "Scatter plot of activations: both units' values by predicted digit",
                    view_figure("scatter", count=55_000),
                ),
                FigureSpec(
                    "weights",
                    "First-layer weights: what do the two units respond to?",
                    view_figure("weights"),
                ),
            ),
        ),
        *EXPERIMENTS_700,
    ),
    notes=(
        "The column `Acc (Validation)` of the source's table of results holds test accuracies. Validation "
        "accuracies are here from the last epoch that it printed.",
        "Its `Acc (Train)` is the mean over the last epoch's batches while the weights move; ours is the "
        "same figure (last_epoch_accuracy), beside the accuracy of the finished network (train_accuracy).",
        "Its text names a learning rate of 0.01; its code has Keras's default, 0.001, and so do we.",
        "Its confusion matrices are of the training images, though titled `Test Confusion Matrix`.",
        "It draws the outputs of hidden units by predicted digit, and takes their overlap as a measure of "
        "quality. Predicted digits cannot overlap: of one unit each owns a stretch of the output, of two "
        "units a convex region, whatever the network is worth. By true digit they do.",
        "With one or two ReLU units much depends on where they start: a unit that dies leaves a network that "
        "predicts the same digit for every image. The spread over seeds says more than any single run.",
        "Its early stopping keeps the last weights, not the best; so do these. It trains every network once.",
        "RMSprop is that of Keras in TensorFlow 2.0.0, which the source ran: without momentum it adds "
        "epsilon to the root of the mean square (`optimizer_v2/rmsprop.py` of its wheel). Keras 3 adds it "
        "to the mean square, with which `mlp-700-relu` overfits later and less.",
        "Slips of its text: it speaks of 600 nodes where the search found 700, of 60,000 activation values "
        "and images where there are 55,000, and of widths up to 900 where the last is 850; where experiment "
        "3 begins, a placeholder stands for the number of nodes. Out [107] prints its confusion matrix with "
        "11 columns, the last of zeros, which is left out here. A figure of the second network is saved "
        "under the first one's name.",
        "It prints epochs 1 to 28 of the 30 of `mlp-1` and of `mlp-2`, and of its 48 grid fits only five.",
    ),
    items=source_items("hidden-layer"),
    tables=study_tables,
)
