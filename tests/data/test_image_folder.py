"""A folder of pictures becomes Digits, and what does not belong there is named."""

import pickle

import numpy as np
import pytest
from PIL import Image

from digitlab.data import SkippedEntries, UnknownEntryError, load, mnist
from digitlab.data.image_folder import read_folder
from digitlab.errors import DataError

DIGITS = mnist("test").take(20)


@pytest.fixture
def folder(tmp_path):
    for index, (image, label) in enumerate(zip(DIGITS.images, DIGITS.labels, strict=True)):
        place = tmp_path / str(label)
        place.mkdir(exist_ok=True)
        Image.fromarray(255 - image).resize((140, 140)).save(place / f"{index:02}.png")
    return tmp_path


def test_pictures_are_read_in_order_of_digit_and_name(folder):
    (folder / ".DS_Store").touch()
    (folder / "7" / "Thumbs.db").touch()
    (folder / "7" / ".hidden").touch()
    digits = read_folder(folder)
    order = np.argsort(DIGITS.labels, kind="stable")
    np.testing.assert_array_equal(digits.labels, DIGITS.labels[order])
    assert digits.images.shape == (20, 28, 28)
    assert digits.name == f"folder:{folder}"
    assert np.abs(digits.images.astype(int) - DIGITS.images[order]).mean() < 15


def test_a_picture_that_cannot_be_read_is_named(folder):
    (folder / "3" / "words.png").write_text("three")
    with pytest.raises(DataError, match=r"words\.png is not a picture"):
        read_folder(folder)


def test_a_picture_without_ink_is_named(folder):
    Image.new("L", (30, 30), 255).save(folder / "3" / "blank.png")
    with pytest.raises(DataError, match=r"blank\.png: no ink found"):
        read_folder(folder)


def test_what_is_no_folder_of_digits_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot read folder"):
        read_folder(tmp_path / "missing")
    with pytest.raises(DataError, match="is empty"):
        read_folder(tmp_path)
    (tmp_path / "4").mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        read_folder(tmp_path)
    (tmp_path / "four").mkdir()
    with pytest.raises(DataError, match="sub-folder 'four', which is no digit"):
        read_folder(tmp_path)
    (tmp_path / "four").rmdir()
    (tmp_path / "5").touch()
    with pytest.raises(DataError, match="file '5', which is no digit"):
        read_folder(tmp_path)
    with pytest.raises(DataError, match="cannot read folder"):
        read_folder(tmp_path / "5")
    (tmp_path / "5").unlink()
    (tmp_path / "4" / "deeper").mkdir()
    with pytest.raises(DataError, match="deeper is not a picture file"):
        read_folder(tmp_path)


def _add_unknown(folder):
    (folder / "misc").mkdir()
    (folder / "misc" / "more.png").touch()
    (folder / "notes.txt").write_text("notes")
    (folder / "3" / "words.png").write_text("three")
    (folder / "3" / "deeper").mkdir()


def test_the_remedy_says_how_to_skip(folder):
    _add_unknown(folder)
    with pytest.raises(DataError, match=r"sub-folder 'misc', which is no digit\n.*skip_unknown=True"):
        read_folder(folder)
    for name in ("misc/more.png", "notes.txt"):
        (folder / name).unlink()
    (folder / "misc").rmdir()
    with pytest.raises(DataError, match=r"deeper is not a picture file\n.*skip_unknown=True"):
        read_folder(folder)
    (folder / "3" / "deeper").rmdir()
    with pytest.raises(DataError, match=r"words\.png is not a picture.*\n.*skip_unknown=True"):
        read_folder(folder)


def test_unknown_entries_are_skipped_and_named(folder):
    whole = read_folder(folder)
    _add_unknown(folder)
    skipped = []
    digits = load(folder, skip_unknown=True, on_skip=skipped.append)
    np.testing.assert_array_equal(digits.images, whole.images)
    np.testing.assert_array_equal(digits.labels, whole.labels)
    assert digits.name == whole.name
    names = ("3/deeper/", "3/words.png", "misc/", "notes.txt")
    assert (skipped[0].names, skipped[0].n) == (names, 24)
    assert skipped[0].problems[3] == f"{folder} holds a file 'notes.txt', which is no digit"
    expected = f"skipped 4 of 24 entries of {folder}: 3/deeper/, 3/words.png, misc/, notes.txt"
    assert str(skipped[0]) == expected
    assert len(load(f"{folder}[:5]", skip_unknown=True, on_skip=skipped.append)) == 5
    assert skipped[1] == skipped[0]


def test_nothing_is_reported_where_nothing_was_skipped(folder):
    skipped = []
    assert len(load(folder, skip_unknown=True, on_skip=skipped.append)) == 20
    assert skipped == []


def test_at_most_ten_skipped_entries_are_named(folder):
    names = tuple(f"{number:02}.txt" for number in range(12))
    text = str(SkippedEntries(folder, names, 1500, names))
    assert text.startswith("skipped 12 of 1,500 entries of ")
    assert text.endswith("08.txt, 09.txt and 2 more")


@pytest.mark.parametrize(("share", "problem"), [(0, "it is empty"), (0.5, "is damaged")])
def test_damaged_images_are_skipped_with_their_problem(folder, share, problem):
    content = next(folder.glob("*/*.png")).read_bytes()
    (folder / "3" / "broken.png").write_bytes(content[: int(share * len(content))])
    with pytest.raises(UnknownEntryError, match=rf"broken\.png:? {problem}.*\n.*skip_unknown=True") as caught:
        read_folder(folder)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # from a worker process
    skipped = []
    assert len(read_folder(folder, skip_unknown=True, on_skip=skipped.append)) == 20
    assert skipped[0].names == ("3/broken.png",)
    assert problem in skipped[0].problems[0]


def test_a_folder_of_unknown_entries_only_is_refused(tmp_path):
    (tmp_path / "misc").mkdir()
    skipped = []
    with pytest.raises(DataError, match="holds no pictures of digits"):
        read_folder(tmp_path, skip_unknown=True, on_skip=skipped.append)
    assert [each.names for each in skipped] == [("misc/",)]
