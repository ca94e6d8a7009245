"""PDF files: pages, resolution by the smallest writing, and what is wrong with a file."""

import builtins

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from digitlab.errors import DataError
from digitlab.pages.pdf import PdfFile, is_pdf, writing_height
from digitlab.pages.pictures import LONGEST, count_pages, iter_pictures


def _sheet(height, dpi=300, inches=(3, 4)):
    """A sheet with digits of a height in pixels of `dpi`."""
    sheet = Image.new("L", (inches[0] * dpi, inches[1] * dpi), 255)
    font = ImageFont.load_default(height / 0.72)  # digits are 0.72 of the size high
    for row in range(5):
        ImageDraw.Draw(sheet).text((40, 60 + row * 2 * height), "70361", fill=0, font=font)
    return sheet


def _saved(path, *sheets, dpi=300):
    sheets[0].save(path, resolution=dpi, save_all=True, append_images=sheets[1:])
    return path


@pytest.fixture
def scan(tmp_path):
    """Three pages; the digits of the second are 5 mm high, of the others 10."""
    return _saved(tmp_path / "scan.pdf", _sheet(118), _sheet(59), _sheet(118))


def test_pages_come_one_at_a_time(scan):
    assert is_pdf(scan)
    assert count_pages(scan) == 3
    pictures = list(iter_pictures(scan))
    assert [one.page for one in pictures] == [1, 2, 3]
    # 3 x 4 inches, in 1/400 inch, whatever resolution they are read in.
    assert [(one.width, one.height) for one in pictures] == [(1200, 1600)] * 3
    assert [one.gray.shape[0] for one in pictures][::2] == [600, 600]
    (second,) = iter_pictures(scan, [2])
    assert (second.gray == pictures[1].gray).all()
    with pytest.raises(DataError, match="no page 4"):
        list(iter_pictures(scan, [4]))


@pytest.mark.parametrize(("height", "dpi"), [(60, 150), (24, 375), (14, 400)])
def test_the_resolution_follows_the_writing(tmp_path, height, dpi):
    # Digits of 24 pixels of 300 to the inch are 12 high at 150, and 30 at 375.
    path = _saved(tmp_path / "a.pdf", _sheet(height))
    with PdfFile(path) as pdf:
        gray, width, height = pdf.render(1, LONGEST)
    assert gray.shape[0] / 4 == pytest.approx(dpi, rel=0.12)
    assert (width, height) == (1200, 1600)


def test_a_blank_page_and_one_of_noise_ask_for_no_more(tmp_path):
    assert writing_height(np.full((300, 200), 240, np.uint8)) is None
    noise = np.random.default_rng(0).normal(230, 3, (300, 200)).clip(0, 255).astype(np.uint8)
    assert writing_height(noise) is None


@pytest.mark.parametrize("inches", [(100, 100), (200, 1), (2, 150)])
def test_a_very_large_page_is_drawn_smaller(tmp_path, inches):
    document = pypdfium2.PdfDocument.new()
    document.new_page(*(72 * side for side in inches))
    document.save(tmp_path / "poster.pdf")
    document.close()
    (picture,) = iter_pictures(tmp_path / "poster.pdf")
    rows, columns = picture.gray.shape
    assert max(rows, columns) == LONGEST
    assert columns / rows == pytest.approx(inches[0] / inches[1], rel=0.04)
    assert (picture.width, picture.height) == tuple(400 * side for side in inches)


def test_what_is_wrong_with_a_file(tmp_path, scan):
    content = scan.read_bytes()
    bad = {
        "none.pdf": (None, "no such file"),
        "empty.pdf": (b"", "is not a PDF file"),
        "text.pdf": (b"hello", "is not a PDF file"),
        "cut.pdf": (content[: len(content) // 8], "is damaged, not whole, or without pages"),
    }
    for name, (bytes_, told) in bad.items():
        path = tmp_path / name
        if bytes_ is not None:
            path.write_bytes(bytes_)
        with pytest.raises(DataError, match=told) as caught:
            list(iter_pictures(path))
        assert str(path) in caught.value.problem
        assert len(str(caught.value).splitlines()) == 2


def test_a_file_without_pages(tmp_path):
    document = pypdfium2.PdfDocument.new()
    document.save(tmp_path / "blank.pdf")
    document.close()
    with pytest.raises(DataError, match="without pages"):
        count_pages(tmp_path / "blank.pdf")


def test_a_pdf_by_another_name_and_a_picture_named_pdf(tmp_path, scan):
    other = tmp_path / "scan.png"
    other.write_bytes(scan.read_bytes())
    assert count_pages(other) == 3
    Image.new("L", (9, 9)).save(tmp_path / "a.pdf", format="PNG")
    with pytest.raises(DataError, match="is not a PDF file"):
        count_pages(tmp_path / "a.pdf")


def test_an_encrypted_file(tmp_path, encrypted):
    (tmp_path / "secret.pdf").write_bytes(encrypted)
    with pytest.raises(DataError, match="is encrypted"):
        count_pages(tmp_path / "secret.pdf")


def test_without_pdfium_it_says_what_to_install(scan, monkeypatch):
    plain = builtins.__import__

    def without(name, *rest):
        if name == "pypdfium2":
            raise ImportError(name)
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DataError, match=r"pip install 'digitlab\[pdf\]'"):
        count_pages(scan)
