"""What users of scikit-learn, Keras and fastai try first: fifty lines, each of which does what it says.

`docs/expectations.md` is this list for readers; a test holds the two together.
"""

import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import digitlab
from digitlab.cli import main

PAGE = Path(__file__).parents[1] / "docs" / "expectations.md"

SCIKIT_LEARN = [
    "DigitClassifier(epochs=3).fit(X, y).score(X, y) > 0.5",
    "DigitClassifier(epochs=1).fit(X, y).predict(X[:3]).shape == (3,)",
    "np.allclose(classifier.predict_proba(X).sum(axis=1), 1)",
    "classifier.classes_.tolist() == list(range(10))",
    "cross_val_score(DigitClassifier(epochs=1), X, y, cv=2).shape == (2,)",
    "GridSearchCV(DigitClassifier(epochs=1), {'recipe__weight_decay': [0, 1]}, cv=2).fit(X, y).best_params_",
    "GridSearchCV(DigitClassifier(epochs=1), {'hidden': [(5,), (9,)]}, cv=2).fit(X, y).best_score_ > 0",
    "make_pipeline(MinMaxScaler(), DigitClassifier(epochs=1)).fit(X, y).predict(X).shape == y.shape",
    "clone(classifier).get_params()['hidden'] == classifier.get_params()['hidden']",
    "DigitClassifier().set_params(recipe__momentum=0.9, optimizer='momentum').optimizer == 'momentum'",
    "DigitClassifier(warm_start=True, epochs=1).fit(X, y).fit(X, y).n_iter_ == 1",
    "DigitClassifier(patience=None).partial_fit(X, y, classes=range(10)).partial_fit(X, y).n_iter_ == 2",
    "DigitClassifier.from_run(run).predict(X[:1]) == model.predict(images[0])",
    "train_test_split(digits.features(), digits.labels, test_size=0.2)[0].shape == (320, 784)",
    "(confusion_matrix(digits.labels, model.predict(digits)) == model.evaluate(digits).confusion).all()",
    "classification_report(digits.labels, model.predict(digits), zero_division=0)",
]
KERAS = [
    "digitlab.train('mlp', {'hidden': (9,)}, digitlab.Recipe(epochs=1), data).finished",
    "digitlab.train('softmax', recipe='keras-adam', data=data).config.recipe.epsilon == 1e-7",
    "model.predict(images).shape == (400,)",
    "model.predict(images[0]).shape == ()",
    "model.predict(images / 255.0).shape == (400,)",
    "model.predict(images[..., None]).shape == (400,)",
    "model.predict_proba(images[:2]).shape == (2, 10)",
    "model.evaluate(digits).accuracy > 0.5",
    "model.evaluate('mnist:test[:50]').n == 50",
    "'7,850' in model.summary()",
    "run.history()[-1].validation_accuracy > 0.5",
    "run.history().to_frame()['train_loss'].iloc[-1] < 2",
    "digitlab.fit(network, recipe, examples, callbacks=[lambda s: setattr(s, 'stop', True)]).steps == 1",
    "digitlab.fit(network, recipe, examples, on_history=lambda entry, member: None).history",
    "digitlab.save_network(network, 'network.safetensors') is None",
    "digitlab.load_network(str(run.folder / 'model.safetensors')).parameter_count() == 7850",
    "digitlab.open('runs/softmax-1').network == 'softmax'",
    "model.export('model.onnx')['largest_difference'] < 1e-3",
    "digitlab.open('model.onnx').predict(images[:2]).shape == (2,)",
]
FASTAI = [
    "lr_range_test(digitlab.build('mlp'), digitlab.Recipe(), examples).suggestion > 1e-5",
    "digitlab.fine_tune('runs/softmax-1', data=data).config.initial_weights.endswith('model.safetensors')",
    "digitlab.resume('runs/softmax-1', more_epochs=1).config.recipe.epochs == 4",
    "digitlab.predict('two.png')[0].digit in range(10)",
    "model.predict('two.png') in range(10)",
    "model.predict(Image.open('two.png')) in range(10)",
    "model.evaluate(digits).top_confusions(3)",
    "digitlab.read('two.png')[0].page == 1",
    "digitlab.read(255 - images[0])[0].width == 28",
    "digitlab.read(['two.png', Image.open('two.png')])[1].image == 'array'",
    "digitlab.inspect('runs/softmax-1', 'weights').data['weights'].shape == (10, 28, 28)",
    "model.activations(images[:3])['logits'].shape == (3, 10)",
]
SHELL = [
    "digitlab --version",
    "digitlab train softmax --data mnist:train[:300] --set epochs=2 --until validation_accuracy=0.5",
    "digitlab train --resume runs/softmax-2 --more-epochs 1",
    "digitlab train --from runs/softmax-2 --data mnist:train[300:600]",
    "digitlab evaluate runs/softmax-2 --data mnist:test[:500] --csv",
    "digitlab compare runs/softmax-2 runs/softmax-3 --data mnist:test[:500]",
    "digitlab predict two.png --model runs/softmax-2",
    "digitlab predict . --model runs/softmax-2 --json",
    "digitlab read two.png",
    "digitlab read two.png --csv",
    "digitlab export runs/softmax-2 --to softmax.safetensors",
    "digitlab recipes momentum",
    "digitlab networks mlp",
    "digitlab inspect --list",
]
LINES = {
    "scikit-learn": SCIKIT_LEARN,
    "Keras": KERAS,
    "fastai": FASTAI,
    "The shell": SHELL,
}


def test_there_are_fifty_and_the_page_lists_them():
    assert sum(map(len, LINES.values())) >= 50
    blocks = re.findall(r"## ([^\n]+)\n.*?```\w*\n(.*?)```", PAGE.read_text(), re.S)
    assert {title: block.splitlines() for title, block in blocks if title in LINES} == LINES


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a run and an image, and the names that the lines use."""
    folder = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        digits = digitlab.mnist("test").take(400)
        Image.fromarray(255 - digits.images[1]).save("two.png")
        data = digitlab.DataConfig(train="mnist:train[:600]", validation="last:100")
        run = digitlab.train("softmax", recipe=digitlab.Recipe(epochs=3, learning_rate=0.01), data=data)
        names: dict[str, object] = {}
        exec(  # the imports that the page shows
            re.search(r"```python\n(from sklearn.*?)```", PAGE.read_text(), re.S)[1], names
        )
        X, y = digits.features(), digits.labels  # noqa: N806
        names |= {
            "X": X,
            "y": y,
            "digits": digits,
            "images": digits.images,
            "data": data,
            "run": run,
            "model": digitlab.open(run.folder),
            "network": digitlab.build("softmax"),
            "np": np,
            "recipe": digitlab.Recipe(epochs=1),
            "examples": digitlab.Examples.of(digits),
            "classifier": digitlab.DigitClassifier(epochs=1).fit(X, y),
        }
        yield names


@pytest.mark.parametrize("line", [*SCIKIT_LEARN, *KERAS, *FASTAI])
def test_a_line_of_python_does_what_it_says(line, place):
    result = eval(line, place)
    assert np.all(result)


@pytest.mark.parametrize("line", SHELL)
def test_a_line_of_the_shell_does_what_it_says(line, place, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", shlex.split(line))
    with pytest.raises(SystemExit) as left:
        main()
    out, err = capsys.readouterr()
    assert not left.value.code, err
    assert out
