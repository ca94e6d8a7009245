"""Pages as gray pixels: sizes, orientation, kinds of files, and boxes in the page's own pixels."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from digitlab.errors import DataError, SettingError
from digitlab.pages import LeftOut, Line, Page, ReadDigit, ReadOptions, ReadString, Separator
from digitlab.pages.pictures import (
    LONGEST,
    PagePicture,
    count_pages,
    full_size,
    iter_pictures,
    scaled_options,
)


def _only(source):
    (picture,) = iter_pictures(source)
    return picture


def _square(width, height, box, mode="L"):
    """Light paper with a black box: left, top, right, bottom."""
    picture = Image.new(mode, (width, height), 255 if mode == "L" else "white")
    picture.paste(0 if mode == "L" else "black", box)
    return picture


@pytest.mark.parametrize("kind", ["png", "jpg", "tiff", "webp"])
def test_a_large_picture_is_reduced_and_keeps_its_own_size(tmp_path, kind):
    # 4000 x 3000 becomes 3000 x 2250: the box from 400 to 800 lies from 300 to 600.
    path = tmp_path / f"page.{kind}"
    _square(4000, 3000, (400, 800, 800, 1600), "RGB").save(path)
    picture = _only(path)
    assert (picture.image, picture.page, picture.width, picture.height) == (str(path), 1, 4000, 3000)
    assert picture.gray.shape == (2250, 3000)
    assert picture.scale == pytest.approx(4 / 3)
    rows, columns = np.nonzero(picture.gray < 128)
    found = [rows.min(), rows.max() + 1, columns.min(), columns.max() + 1]
    assert found == pytest.approx([600, 1200, 300, 600], abs=1)


def test_a_large_png_is_reduced_strip_by_strip(tmp_path):
    path = tmp_path / "page.png"
    _square(7000, 3600, (700, 1400, 1400, 2100)).save(path)
    picture = _only(path)
    assert picture.gray.shape == (1543, 3000)  # 3600 * 3000 / 7000
    assert (picture.width, picture.height) == (7000, 3600)


def test_a_small_picture_stays_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (1, 2500), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "strip.png")
    picture = _only(tmp_path / "strip.png")
    assert (picture.gray == pixels).all()
    assert (picture.width, picture.height, picture.scale) == (2500, 1, 1)


def test_it_is_upright_by_exif(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # stored rows are columns: to be turned clockwise
    _square(400, 100, (0, 0, 40, 20)).save(tmp_path / "lying.jpg", exif=exif, quality=95)
    picture = _only(tmp_path / "lying.jpg")
    assert picture.gray.shape == (400, 100)
    assert (picture.width, picture.height) == (100, 400)
    assert picture.gray[:40, 80:].mean() < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_every_kind_of_pixels(tmp_path, mode):
    gray = np.full((60, 90), 200, np.uint8)
    gray[20:40, 30:60] = 10
    if mode == "I;16":
        picture = Image.fromarray(gray.astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(gray).convert(mode)
    picture.save(tmp_path / "page.tiff")
    dark = _only(tmp_path / "page.tiff").gray < 100
    assert dark[20:40, 30:60].mean() > 0.9
    assert _only(picture).gray.shape == (60, 90)


def test_heic_and_avif(tmp_path):
    from pillow_heif import register_heif_opener

    register_heif_opener()
    for name in ("page.heic", "page.avif"):
        _square(320, 200, (60, 60, 120, 120), "RGB").save(tmp_path / name, quality=90)
        picture = _only(tmp_path / name)
        assert (picture.width, picture.height) == (320, 200)
        assert picture.gray[70:110, 70:110].mean() < 30


def test_pages_of_a_tiff_file(tmp_path):
    first, second = _square(50, 40, (0, 0, 9, 9)), _square(60, 30, (0, 0, 5, 5))
    first.save(tmp_path / "scan.tiff", save_all=True, append_images=[second, first])
    assert count_pages(tmp_path / "scan.tiff") == 3
    assert [one.page for one in iter_pictures(tmp_path / "scan.tiff")] == [1, 2, 3]
    (picture,) = iter_pictures(tmp_path / "scan.tiff", [2])
    assert (picture.page, picture.width, picture.height) == (2, 60, 30)
    with pytest.raises(DataError):
        list(iter_pictures(tmp_path / "scan.tiff", [4]))


def test_an_animation_is_one_page(tmp_path):
    frame = _square(50, 40, (0, 0, 9, 9))
    frame.save(tmp_path / "a.gif", save_all=True, append_images=[_square(50, 40, (0, 0, 5, 5))])
    assert count_pages(tmp_path / "a.gif") == 1


def test_arrays_and_pillow_images():
    gray = np.full((40, 50), 200, np.uint8)
    gray[10:20, 10:20] = 0
    colored = np.repeat(gray[..., None], 3, axis=2)
    for source in (gray, colored, gray[..., None], Image.fromarray(gray), Image.fromarray(colored)):
        picture = _only(source)
        assert (picture.image, picture.gray.shape) == ("array", (40, 50))
        assert (picture.gray == gray).all()
    assert (_only(gray / 255).gray == gray).all()
    assert (_only(gray > 100).gray == np.where(gray > 100, 255, 0)).all()
    large = np.zeros((6100, 30), np.uint8)
    assert _only(large).gray.shape == (LONGEST, 15)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (np.zeros(5, np.uint8), r"shape \(5,\)"),
        (np.zeros((3, 4, 5), np.uint8), r"shape \(3, 4, 5\)"),
        (np.zeros((0, 4), np.uint8), "4 x 0 pixels"),
        (np.zeros((4, 4), np.int64), "int64"),
        (np.full((4, 4), 255.0), "gray from 255 to 255"),
        (np.full((4, 4), np.nan), "gray from nan to nan"),
        (object(), "a page of type object, given as object"),
        ([[1, 2], [3]], "cannot read a page from list"),
    ],
)
def test_what_is_no_page(source, told):
    with pytest.raises(DataError, match=told):
        _only(source)


def test_gigapixels_are_refused(tmp_path):
    Image.new("1", (30_000, 30_000)).save(tmp_path / "huge.png")
    with pytest.raises(DataError, match=r"huge\.png has too many pixels"):
        _only(tmp_path / "huge.png")
    with pytest.raises(DataError, match="30000 x 30000 pixels, too large"):
        _only(Image.new("1", (30_000, 30_000)))


def _page(width, height, boxes, upright=None):
    digits = tuple(ReadDigit(7, 0.9, "sure", 1, box) for box in boxes)
    marks = (Separator(".", boxes[0], 1),)
    string = ReadString(digits, 0.8, "sure", "1", 0.1, marks, (0, 1))
    more = {} if upright is None else {"to_upright": upright}
    return Page("a", 1, width, height, 0.0, (Line((string,)),), (LeftOut(boxes[-1], "a word"),), **more)


def test_boxes_of_a_reduced_page():
    # 30 x 20 pixels of a page of 60 x 40: everything twice as large.
    picture = PagePicture("a", 1, np.zeros((20, 30), np.uint8), 60, 40)
    page = full_size(_page(30, 20, [(1, 2, 3, 4), (29, 19, 1, 1)]), picture)
    (string,) = page.strings
    assert (page.width, page.height) == (60, 40)
    assert [digit.box for digit in string.digits] == [(2, 4, 6, 8), (58, 38, 2, 2)]
    assert string.separators[0].box == (2, 4, 6, 8)
    assert page.left_out[0].box == (58, 38, 2, 2)
    assert (string.text, string.written, string.cell, string.second) == ("77", "7.7", (0, 1), "1")
    assert Page.from_dict(page.to_dict()) == page


def test_a_page_that_was_turned():
    # Turned clockwise: (x, y) of the picture is (19 - y, x) of the upright page.
    turn = ((0.0, -1.0, 19.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    picture = PagePicture("a", 1, np.zeros((20, 30), np.uint8), 60, 40)
    page = full_size(_page(20, 30, [(0, 0, 5, 5)], turn), picture)
    assert (page.width, page.height) == (40, 60)
    assert np.allclose(np.array(page.to_upright) @ [10, 4, 1], [38 - 4, 10, 1])


def test_a_page_whose_perspective_was_taken_out():
    # Lines that are parallel on paper meet in the picture; every length is three times as large in the file.
    photo = ((1.0, 0.0, 2.0), (0.0, 1.0, 0.0), (0.02, 0.01, 1.0))
    picture = PagePicture("a", 1, np.zeros((20, 30), np.uint8), 90, 60)
    page = full_size(_page(30, 20, [(0, 0, 5, 5)], photo), picture)
    for x, y in ((10, 8), (25, 3)):
        small = np.array(photo) @ [x, y, 1]
        large = np.array(page.to_upright) @ [3 * x, 3 * y, 1]
        assert np.allclose(large[:2] / large[2], 3 * small[:2] / small[2])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_boxes_lie_inside_and_never_repeat(data):
    small = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)), "width, height")
    large = tuple(side + data.draw(st.integers(0, 200)) for side in small)
    boxes = set()
    for _ in range(data.draw(st.integers(1, 6))):
        x, y = (data.draw(st.integers(0, side - 1)) for side in small)
        boxes.add((x, y, data.draw(st.integers(1, small[0] - x)), data.draw(st.integers(1, small[1] - y))))
    picture = PagePicture("a", 1, np.zeros(small[::-1], np.uint8), *large)
    (string,) = full_size(_page(*small, sorted(boxes)), picture).strings
    found = [digit.box for digit in string.digits]
    assert len(set(found)) == len(boxes)
    for x, y, width, height in found:
        assert x >= 0 <= y
        assert width >= 1 <= height
        assert x + width <= large[0]
        assert y + height <= large[1]


def test_the_region_is_in_pixels_of_the_page():
    picture = PagePicture("a", 1, np.zeros((20, 30), np.uint8), 60, 40)
    assert scaled_options(ReadOptions(), picture).region is None
    assert scaled_options(ReadOptions(region=(10, 20, 30, 10)), picture).region == (5, 10, 15, 5)
    assert scaled_options(ReadOptions(region=(0, 0, 1, 1)), picture).region == (0, 0, 1, 1)
    # Inside only if the page is turned; whether it is, reading says.
    options = ReadOptions(region=(5, 50, 5, 5))
    assert scaled_options(options, picture).region == (2, 25, 3, 3)
    assert full_size(_page(20, 30, [(0, 0, 5, 5)]), picture, options).height == 60
    with pytest.raises(SettingError, match=r"5,50,5,5 lies outside the page\n.* its 60 x 40 pixels"):
        full_size(_page(30, 20, [(0, 0, 5, 5)]), picture, options)
    for beyond in ((60, 0, 5, 5), (0, 40, 5, 5)):
        with pytest.raises(SettingError, match="lies outside the page"):
            full_size(_page(30, 20, [(0, 0, 5, 5)]), picture, ReadOptions(region=beyond))
