"""What `predict` decides: sure, unsure, no digit, several; by hand, and with the model that ships."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from digitlab.data import mnist
from digitlab.decisions import DecisionRule, ThresholdRow, ThresholdTable
from digitlab.errors import DataError, ModelError, SettingError
from digitlab.probabilities import digit_probabilities
from digitlab.reader import OnnxModel, predict

TRAIN = mnist("train")
TABLE = ThresholdTable(
    "digits",
    4000,
    (ThresholdRow(0.01, 0.6, 0.99, 3960, 39, 0.013), ThresholdRow(0.002, 0.9, 0.95, 3800, 7, 0.004)),
)


class Ruled:
    """A network whose eleven outputs are those of a function of the ink; temperature 2."""

    network, input_shape, rule = "ruled", (28, 28), DecisionRule(2.0, TABLE)

    def __init__(self, outputs_of):
        self.outputs_of = outputs_of

    def outputs(self, ink):
        return np.stack([self.outputs_of(image) for image in ink]).astype(np.float32)

    def logits(self, ink):
        return self.outputs(ink)[:, :10]


def _outputs(**shares):
    """Outputs whose softmax at temperature 2 has these probabilities, the rest spread evenly."""
    probabilities = np.full(11, (1 - sum(shares.values())) / (11 - len(shares)))
    for name, share in shares.items():
        probabilities[10 if name == "none" else int(name.removeprefix("d"))] = share
    return 2 * np.log(probabilities)


def _page(images, gap=20):
    """Digits side by side, dark on light, each three times as large."""
    tiles = [np.asarray(Image.fromarray(image).resize((84, 84))) for image in images]
    line = np.concatenate([np.pad(tile, ((30, 30), (gap // 2, gap // 2))) for tile in tiles], axis=1)
    return Image.fromarray(255 - np.pad(line, ((0, 0), (30, 30))))


def _digits(*numbers):
    return [
        TRAIN.images[np.flatnonzero(TRAIN.labels == digit)[number]] for number, digit in enumerate(numbers)
    ]


@pytest.fixture
def picture(tmp_path):
    _page(_digits(7)).save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


@pytest.mark.parametrize(
    ("shares", "max_error", "status", "digit", "second"),
    [
        ({"d7": 0.95, "d1": 0.02}, None, "sure", 7, 1),  # 0.001 is more than it can promise: 0.002 is taken
        ({"d7": 0.85, "d1": 0.1}, None, "unsure", 7, 1),
        ({"d7": 0.85, "d1": 0.1}, 0.01, "sure", 7, 1),
        ({"d7": 0.85, "d1": 0.1}, 0.5, "sure", 7, 1),
        ({"d7": 0.4, "none": 0.5}, 0.01, "no-digit", None, None),
        ({"d7": 0.5, "none": 0.4}, 0.01, "unsure", 7, 0),
    ],
)
def test_status_by_hand(picture, shares, max_error, status, digit, second):
    (one,) = predict(picture, Ruled(lambda ink: _outputs(**shares)), max_error=max_error)
    assert (one.status, one.digit) == (status, digit)
    if "d1" in shares or digit is None:
        assert one.second == second
    assert one.no_digit == pytest.approx(shares.get("none", one.no_digit))
    assert sum(one.probabilities) + one.no_digit == pytest.approx(1)
    assert one.probabilities[7] == pytest.approx(shares["d7"])
    assert one.n_digits == (0 if status == "no-digit" else 1)


@pytest.mark.parametrize("max_error", [0, 1, -0.5, 2, float("nan")])
def test_shares_that_are_none(picture, max_error):
    with pytest.raises(SettingError, match="between 0 and 1"):
        predict(picture, Ruled(lambda ink: _outputs(d7=0.9)), max_error=max_error)


def test_more_than_the_table_can_promise(picture):
    with pytest.raises(SettingError, match=r"smallest it can promise is 0\.002"):
        predict(picture, Ruled(lambda ink: _outputs(d7=0.9)), max_error=0.001)


@pytest.mark.parametrize(
    ("sure_pieces", "status"), [(0, "no-digit"), (1, "no-digit"), (2, "several"), (3, "several")]
)
def test_several_are_pieces_that_are_sure_by_themselves(tmp_path, sure_pieces, status):
    _page(_digits(7, 2, 3), gap=60).save(tmp_path / "three.png")
    seen = []

    def outputs_of(ink):
        seen.append(ink)
        if len(seen) == 1:  # all ink together comes first
            return _outputs(none=0.9)
        return _outputs(d3=0.95) if len(seen) <= 1 + sure_pieces else _outputs(d3=0.5)

    (one,) = predict(tmp_path / "three.png", Ruled(outputs_of))
    assert len(seen) == 4
    assert one.status == status
    assert one.n_digits == (sure_pieces if status == "several" else 0)
    assert one.digit is None


def test_a_picture_without_ink_shows_no_digit(tmp_path):
    Image.new("L", (60, 60), 230).save(tmp_path / "blank.png")
    (one,) = predict(tmp_path / "blank.png")
    assert (one.status, one.digit, one.no_digit, one.n_digits) == ("no-digit", None, 1.0, 0)

    class Plain(Ruled):
        rule = None

    with pytest.raises(DataError, match="no ink"):
        predict(tmp_path / "blank.png", Plain(lambda ink: _outputs(d1=0.9)))


def test_the_model_that_ships_reads_and_refuses(tmp_path):
    font = ImageFont.load_default(90)
    for name in ("A", "K", "#"):
        page = Image.new("L", (140, 140), 225)
        ImageDraw.Draw(page).text((35, 15), name, 20, font=font)
        page.save(tmp_path / f"{name}.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    _page(_digits(1, 0)).save(tmp_path / "ten.png")
    _page(_digits(4)).save(tmp_path / "four.png")
    names = ("A", "K", "#", "bad", "ten", "four")
    answers = predict([tmp_path / f"{name}.png" for name in names], skip_errors=True)
    statuses = [one.status for one in answers]
    assert statuses == ["no-digit", "no-digit", "no-digit", "error", "several", "sure"]
    assert (answers[4].n_digits, answers[5].digit) == (2, 4)
    assert "is not a picture" in answers[3].error


def test_the_model_that_ships_is_as_good_as_its_card_says():
    """On 2,000 digits that were held out of its training: the floors leave room for another 0.2 points."""
    held_out = TRAIN.split(5000, "random", 7)[1].take(2000)
    model = OnnxModel()
    assert (model.network, model.has_no_digit) == ("recognizer", True)
    probabilities, no_digit = digit_probabilities(model.outputs(held_out.ink()), model.rule.temperature)
    assert (probabilities.argmax(1) == held_out.labels).mean() >= 0.993
    assert (no_digit > 0.5).mean() <= 0.005
    row = model.rule.thresholds.row_for(0.001)
    sure = probabilities.max(1) >= row.threshold
    assert sure.mean() == pytest.approx(row.coverage, abs=0.02)
    assert row.coverage > 0.9
    assert (probabilities.argmax(1) != held_out.labels)[sure].mean() <= 0.003


def test_the_model_that_ships_says_what_it_was_made_from():
    properties = OnnxModel()._session.get_modelmeta().custom_metadata_map
    made = json.loads(properties["training"])
    assert made["seed"] == 0
    assert len(made["weights_sha256"]) == 64
    assert made["recipe"]["non_digits"] == 0.4


def test_a_damaged_rule_is_named(tmp_path):
    import onnx

    model = onnx.load(OnnxModel().path)
    for property_ in model.metadata_props:
        if property_.key == "decisions":
            property_.value = "{}"
    onnx.save(model, tmp_path / "damaged.onnx")
    with pytest.raises(ModelError, match=r"damaged\.onnx: damaged metadata `decisions`"):
        OnnxModel(tmp_path / "damaged.onnx")
