"""Source 000 (`crash-course`): Google's crash-course exercise on MNIST, redone in Julia."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from digitlab.studies.crash_course_exercises import (
    confused_digits,
    example_72,
    linear_search,
    what_more_steps_change,
)
from digitlab.studies.datasets import HELD_OUT_2500, SAME_FIRST_TEST_IMAGES
from digitlab.studies.figures import confusion, growth, learning_curves, stages, view_figure
from digitlab.studies.source_items import source_items
from digitlab.studies.study import Computation, FigureSpec, PublishedValue, Study, TrainingExperiment
from digitlab.training import Recipe

__all__ = ["STUDY"]

LINEAR = Recipe(
    optimizer="adam",
    learning_rate=0.02,
    max_grad_norm=5.0,
    clip_mode="per-tensor",
    batch_size=10,
    max_steps=100,
    eval_every=10,
)
LINEAR_LONGER = replace(LINEAR, learning_rate=0.003, batch_size=30, max_steps=1000, eval_every=100)
DENSE = Recipe(optimizer="adam", learning_rate=0.003, batch_size=30, max_steps=1000, eval_every=100)
HIDDEN = {"hidden": (100, 100), "initialization": "normal-0.01"}
KEPT = "Task 1, output of the first training"
KEPT_2 = "Task 1, output of the second training"

LINEAR_LOSSES = (1.6702, 0.9915, 0.7994, 0.7915, 0.7205, 0.6933, 0.7988, 0.7104, 0.8285, 0.8721)
LINEAR_LONGER_LOSSES = (0.6441, 0.5320, 0.4717, 0.4588, 0.4326, 0.4172, 0.3980, 0.4001, 0.3926, 0.4087)
DENSE_LOSSES = (0.7803, 0.5115, 0.4296, 0.3786, 0.3250, 0.2978, 0.2842, 0.2748, 0.2309, 0.2490)

CURVES = FigureSpec(
    "curves", "Learning curves: log loss at ten evaluations, as the source plots it", learning_curves
)
CONFUSION = FigureSpec(
    "confusion",
    "Confusion matrix: which digits are mistaken for which? Validation examples",
    confusion("validation"),
)

STUDY = Study(
    id="crash-course",
    title="Google's crash-course exercise, redone in Julia",
    source="000_107a6c0acdc48e6a.txt",
    source_title="Classifying Handwritten Digits with Neural Networks",
    method=(
        "A linear softmax model is trained with Adam and gradients clipped to norm 5 for each tensor, and "
        "then a network of two hidden layers of 100 units; log loss is evaluated ten times. The "
        "exercise asks for a combination that reaches 95 %, and for the hidden units' weights as pictures."
    ),
    experiments=(
        Computation(
            id="example-72",
            title="Example 72 of the training file",
            run=example_72,
            published={"label_of_example_72": PublishedValue(7, "trainlabel(72)")},
            notes=("The source also draws an example at random; `digitlab inspect --view digits` does.",),
        ),
        TrainingExperiment(
            id="linear-1",
            title="Linear softmax, rate 0.02, 100 steps of 10",
            network="softmax",
            recipe=LINEAR,
            data=SAME_FIRST_TEST_IMAGES,
            seeds=5,
            cost=0.6,
            published={
                "validation_accuracy": PublishedValue(0.762, KEPT),
                "validation_loss": PublishedValue(0.8721083970924985, f"{KEPT}, period 10"),
            },
            published_series={"validation_loss": LINEAR_LOSSES},
            figures=(CURVES, CONFUSION),
            notes=("As published: evaluated on the first images of the test file (see the notes).",),
        ),
        TrainingExperiment(
            id="linear-1-heldout",
            title="The same on held-out digits",
            network="softmax",
            recipe=LINEAR,
            data=HELD_OUT_2500,
            seeds=5,
            cost=0.6,
            fixes_protocol_of="linear-1",
        ),
        TrainingExperiment(
            id="linear-2",
            title="Linear softmax, rate 0.003, 1,000 steps of 30",
            network="softmax",
            recipe=LINEAR_LONGER,
            data=SAME_FIRST_TEST_IMAGES,
            seeds=5,
            cost=0.8,
            published={
                "validation_accuracy": PublishedValue(0.8908, KEPT_2),
                "validation_loss": PublishedValue(0.4086718587693938, f"{KEPT_2}, period 10"),
            },
            published_series={"validation_loss": LINEAR_LONGER_LOSSES},
            figures=(
                CURVES,
                CONFUSION,
                FigureSpec(
                    "weights",
                    "Weights of the ten outputs: what does each digit respond to?",
                    view_figure("weights"),
                ),
            ),
            answers=(confused_digits,),
        ),
        TrainingExperiment(
            id="linear-2-heldout",
            title="The same on held-out digits",
            network="softmax",
            recipe=LINEAR_LONGER,
            data=HELD_OUT_2500,
            seeds=5,
            cost=0.8,
            fixes_protocol_of="linear-2",
        ),
        Computation(
            id="linear-search",
            title="Task 1's exercise: how well can a linear model do?",
            run=linear_search,
            cost=12.0,
            notes=("Rate, batch size and steps are chosen on held-out digits; test digits are scored once.",),
        ),
        TrainingExperiment(
            id="dense",
            title="Two hidden layers of 100, rate 0.003, 1,000 steps of 30",
            network="mlp",
            options=HIDDEN,
            recipe=DENSE,
            data=SAME_FIRST_TEST_IMAGES,
            seeds=5,
            cost=1.3,
            published={
                "validation_accuracy": PublishedValue(0.9232, "Task 2, output of the training"),
                "validation_loss": PublishedValue(
                    0.24898208121117577, "Task 2, output of the training, period 10"
                ),
                "test_accuracy": PublishedValue(0.9246666666666666, "Task 2, accuracy on test data"),
            },
            published_series={"validation_loss": DENSE_LOSSES},
            figures=(
                CURVES,
                CONFUSION,
                FigureSpec(
                    "examples",
                    "Input images: digits of the test file with their labels",
                    view_figure("digits", "validation"),
                ),
                FigureSpec(
                    "weights",
                    "First-layer weights: what does each of the 100 units respond to?",
                    view_figure("weights"),
                ),
                FigureSpec(
                    "unit-97",
                    "Weights of unit 97 (98 in the source), the one that the source shows large",
                    view_figure("unit-weights", unit=97),
                ),
                FigureSpec("stages", "First-layer weights after 10, 100 and 1,000 steps", stages),
                FigureSpec(
                    "stages-own",
                    "The same, each stage on a scale of its own: small weights show, too",
                    partial(stages, own_scales=True),
                    in_quick=False,
                ),
                FigureSpec(
                    "growth",
                    "First-layer weights of 25 units while they are learned (animation)",
                    growth,
                    "gif",
                    in_quick=False,
                ),
            ),
            answers=(confused_digits, what_more_steps_change),
        ),
        TrainingExperiment(
            id="dense-heldout",
            title="The same on held-out digits",
            network="mlp",
            options=HIDDEN,
            recipe=DENSE,
            data=HELD_OUT_2500,
            seeds=5,
            cost=1.3,
            fixes_protocol_of="dense",
        ),
        TrainingExperiment(
            id="dense-95",
            title="A combination that reaches what the exercise asks for: batches of 100, 2,000 steps",
            network="mlp",
            options=HIDDEN,
            recipe=replace(DENSE, batch_size=100, max_steps=2000, eval_every=200),
            quick={"max_steps": 500, "eval_every": 50},
            data=HELD_OUT_2500,
            seeds=3,
            cost=3.1,
            published={
                "validation_accuracy": PublishedValue(
                    0.95, "Task 2: what is asked for at least", at_least=True
                ),
            },
            figures=(CURVES, CONFUSION),
            notes=("0.95 is the exercise's aim, not a figure that the source reached.",),
        ),
        TrainingExperiment(
            id="dense-dropout",
            title="The same with dropout: each hidden unit kept with probability 0.8",
            network="mlp",
            options={**HIDDEN, "dropout": 0.2},
            recipe=replace(DENSE, batch_size=100, max_steps=2000, eval_every=200),
            quick={"max_steps": 500, "eval_every": 50},
            data=HELD_OUT_2500,
            seeds=3,
            cost=4.1,
            figures=(CURVES,),
            notes=("The exercise suggests dropout; the source keeps every unit (keep probability 1.0).",),
        ),
    ),
    notes=(
        "The source's loader is given a range of images and uses only its length. Its training, validation "
        "and test examples are therefore the first 7,500, 2,500 and 3,000 images of the test file: "
        "validation and test examples overlap. It trains on the training file, so nothing is learned from "
        "what is scored; but its two accuracies are of nearly the same images, and a choice made by the "
        "first would spoil the second.",
        "The held-out experiments (`*-heldout`) hold 2,500 of the training file out by digit and "
        "score all 10,000 test images.",
        "The source says that its data are a sample of the training data; its batches come from all 60,000.",
        "Its weights start from TensorFlow.jl's default, a normal distribution of standard deviation 0.01, "
        "biases too, which is why the first period is slow.",
        "Its dropout belongs to the graph and stays on in evaluation; with a keep probability of 1.0 that "
        "changes nothing. Ours is on only while the network is trained.",
        "Units and examples are numbered from 0 here and from 1 in Julia: unit 97 is 98 in the source, and "
        "example 72 of the source has index 71. Weights are of seeds of ours.",
    ),
    items=source_items("crash-course"),
)
