"""Pictures of real MNIST digits, made as people make them, come back as MNIST digits."""

import io
import os
import struct
import subprocess
import sys
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from digitlab.data import image_file
from digitlab.data.image_file import read_digit, read_image, to_mnist_format
from digitlab.data.mnist import mnist
from digitlab.errors import DataError, DigitlabError

DIGITS = mnist("test").take(300).images
SEVEN, TWO = DIGITS[0], DIGITS[1]


def enlarged(digit, times=10):
    height, width = digit.shape
    return np.array(Image.fromarray(digit).resize((width * times, height * times), Image.Resampling.BICUBIC))


def on_page(digit, top=20, left=150, height=300, width=400, times=7):
    page = np.zeros((height, width), np.uint8)
    big = enlarged(digit, times)
    page[top : top + len(big), left : left + len(big)] = big
    return page


def photographed(digit, seed=0, noise=8, light=None):
    """Dark ink on a page that a lamp lights from one side, with a dark lens edge and camera noise."""
    page = on_page(digit) / 255
    y, x = np.mgrid[-1 : 1 : page.shape[0] * 1j, -1 : 1 : page.shape[1] * 1j]
    light = 190 + 30 * x - 15 * y - 25 * (x * x + y * y) / 2 if light is None else light(x, y)
    picture = light * (1 - 0.7 * page) + np.random.default_rng(seed).normal(0, noise, page.shape)
    return picture.clip(0, 255).astype(np.uint8)


def difference(form, digit):
    """Mean absolute difference in levels of 255, the best of shifts by one pixel at most."""
    shifts = [np.roll(form, (down, along), (0, 1)) for down in (-1, 0, 1) for along in (-1, 0, 1)]
    return min(np.abs(shifted.astype(int) - digit).mean() for shifted in shifts)


def saved(path, picture, **options):
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(path, **options)
    return path


# ---- the form


def test_an_mnist_image_comes_out_nearly_unchanged():
    forms = np.stack([to_mnist_format(digit) for digit in DIGITS])
    differences = np.abs(forms.astype(int) - DIGITS).mean(axis=(1, 2))
    assert differences.mean() < 1
    assert np.quantile(differences, 0.97) < 4
    # A few lose a separate speck and are centered anew without it.
    assert max(difference(form, digit) for form, digit in zip(forms, DIGITS, strict=True)) < 12


def test_dark_on_light_gives_the_same_as_light_on_dark():
    for digit in DIGITS:
        np.testing.assert_array_equal(to_mnist_format(255 - digit), to_mnist_format(digit))


def test_the_center_of_mass_is_placed_at_row_and_column_14():
    # A block of 20 rows by 9 columns, the lower half at full ink, the upper at 51 = 255 / 5.
    # Masses 1 and 5 with centers at rows 4.5 and 14.5: center of mass (4.5 + 5 * 14.5) / 6 = 12.83.
    # 14 - 12.83 = 1.17, so the block begins at row 1; across it begins at column 14 - 4 = 10.
    picture = np.zeros((40, 40), np.uint8)
    picture[5:15, 20:29] = 51
    picture[15:25, 20:29] = 255
    expected = np.zeros((28, 28), np.uint8)
    expected[1:11, 10:19] = 51
    expected[11:21, 10:19] = 255
    np.testing.assert_array_equal(to_mnist_format(picture), expected)


def test_a_digit_heavy_at_one_end_stays_whole_inside():
    picture = np.zeros((60, 60), np.uint8)
    picture[10:50, 28:30] = 255
    picture[46:50, 10:50] = 255
    form = to_mnist_format(picture)
    assert form.shape == (28, 28)
    rows, columns = np.flatnonzero(form.max(1) > 127), np.flatnonzero(form.max(0) > 127)
    assert (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1) == (20, 20)


MADE = {
    "enlarged": enlarged,
    "dark on light": lambda digit: 255 - enlarged(digit),
    "off center": lambda digit: 255 - on_page(digit, top=100, left=3),
    "small on a large page": lambda digit: 255 - on_page(digit, 900, 100, 1500, 2000, 12),
    "photographed": photographed,
    "photographed in poor light": lambda digit: photographed(digit, noise=20),
    "in a shadow": lambda digit: photographed(
        digit, light=lambda x, y: 200 - 90 / (1 + np.exp(-30 * (x + y / 2)))
    ),
    "lens edge": lambda digit: photographed(digit, light=lambda x, y: 210 * (1 - ((x * x + y * y) / 3) ** 2)),
    "table at the edge": lambda digit: np.pad(photographed(digit), ((0, 0), (15, 0)), constant_values=70),
    "cut out": lambda digit: 255 - enlarged(digit[4:24, 4:24]),
    "one bit": lambda digit: ((255 - enlarged(digit)) > 127).astype(np.uint8) * 255,
    "pale pencil": lambda digit: (240 - enlarged(digit) * 0.25).astype(np.uint8),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE.keys())
@pytest.mark.parametrize("index", [0, 1, 3, 4, 7])
def test_a_picture_of_a_digit_comes_out_as_the_digit(make, index):
    digit = DIGITS[index]
    form = to_mnist_format(make(digit))
    assert form.max() == 255
    assert difference(form, digit) < 22
    assert difference(form, digit) < 0.6 * min(
        difference(form, other) for i, other in enumerate(DIGITS[:10]) if i != index
    )


def test_specks_are_dropped():
    page = 255 - on_page(SEVEN)
    clean = to_mnist_format(page)
    page[5:8, 5:8] = 0
    page[280:283, 30:33] = 100
    page[200, 300] = 0
    np.testing.assert_array_equal(to_mnist_format(page), clean)


@pytest.mark.parametrize("width", [1, 2, 4])
def test_thin_strokes_of_a_large_picture_are_thickened(width):
    page = np.full((500, 500), 255, np.uint8)
    page[50:450, 250 : 250 + width] = 0
    page[50 : 50 + width, 100:250] = 0
    form = to_mnist_format(page)
    rows = (form[10:22] > 127).sum(axis=1)
    assert set(rows.tolist()) <= {1, 2, 3}
    assert form[10:22].sum(axis=1).min() > 1.4 * 255


def test_a_thin_line_survives_the_reduction_of_a_large_picture():
    page = np.full((3000, 2000), 255, np.uint8)
    page[300:2700, 1000:1004] = 0
    form = to_mnist_format(page)
    assert (form.max(axis=1) > 200).sum() == 20


BLANK = {
    "white": np.full((50, 50), 255, np.uint8),
    "black": np.zeros((28, 28), np.uint8),
    "one pixel": np.zeros((1, 1), np.uint8),
    "nearly even": np.arange(10000, dtype=np.uint16).reshape(100, 100).astype(np.uint8) % 8 + 120,
    "faint noise": np.random.default_rng(0).normal(128, 10, (300, 400)).clip(0, 255).astype(np.uint8),
    "noise": np.random.default_rng(1).normal(128, 40, (300, 400)).clip(0, 255).astype(np.uint8),
    "small noise": np.random.default_rng(2).normal(128, 6, (28, 28)).clip(0, 255).astype(np.uint8),
    "gradient": np.tile(np.linspace(0, 255, 300), (200, 1)).astype(np.uint8),
    "slanted gradient": np.add.outer(np.linspace(20, 120, 200), np.linspace(0, 120, 300)).astype(np.uint8),
    "empty page": photographed(np.zeros((28, 28), np.uint8)),
    "empty page, lens edge": photographed(
        np.zeros((28, 28), np.uint8), light=lambda x, y: 210 * (1 - ((x * x + y * y) / 2.5) ** 2)
    ),
}


@pytest.mark.parametrize("picture", BLANK.values(), ids=BLANK.keys())
def test_a_picture_without_ink_is_refused(picture):
    with pytest.raises(DataError, match="no ink found"):
        to_mnist_format(picture)


@pytest.mark.parametrize(
    "wrong", [np.zeros((28, 28, 3), np.uint8), np.zeros((28, 28)), np.zeros((0, 5), np.uint8)]
)
def test_what_is_not_a_gray_picture_is_refused(wrong):
    with pytest.raises(DataError, match="a picture of shape"):
        to_mnist_format(wrong)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from([2, 3, 256]))
def test_any_picture_gives_a_form_or_is_refused(height, width, seed, levels):
    random = np.random.default_rng(seed)
    picture = (random.integers(0, levels, (height, width)) * (255 // (levels - 1))).astype(np.uint8)
    try:
        form = to_mnist_format(picture)
    except DataError:
        return
    assert form.shape == (28, 28)
    assert form.dtype == np.uint8
    assert form.max() == 255


# ---- the file


def test_the_ways_a_file_holds_one_picture_all_read_alike(tmp_path):
    gray = 255 - enlarged(SEVEN)
    picture = Image.fromarray(gray)
    deep = Image.fromarray(gray.astype(np.uint16) * 257)
    twelve = Image.fromarray((gray.astype(np.uint32) * 4095 // 255).astype(np.uint16))
    real = Image.fromarray(gray.astype(np.float32) / 255)
    files = [
        saved(tmp_path / "gray.png", picture),
        saved(tmp_path / "color.png", picture.convert("RGB")),
        saved(tmp_path / "palette.png", picture.convert("P")),
        saved(tmp_path / "palette.gif", picture),
        saved(tmp_path / "alpha.png", picture.convert("LA")),
        saved(tmp_path / "gray.bmp", picture),
        saved(tmp_path / "deep.png", deep),
        saved(tmp_path / "deep.tiff", deep),
        saved(tmp_path / "twelve.tiff", twelve),
        saved(tmp_path / "real.tiff", real),
        saved(tmp_path / "exact.webp", picture, lossless=True),
        saved(tmp_path / "plain.pgm", picture),
    ]
    for file in files:
        np.testing.assert_allclose(read_image(file).astype(int), gray, atol=1, err_msg=file.name)
    form = to_mnist_format(gray)
    lossy = [
        saved(tmp_path / "gray.jpg", picture, quality=60),
        saved(tmp_path / "print.jpg", picture.convert("CMYK"), quality=80),
        saved(tmp_path / "print.tiff", picture.convert("CMYK")),
        saved(tmp_path / "bit.png", picture.convert("1", dither=Image.Dither.NONE)),
        saved(tmp_path / "bit.tiff", picture.convert("1", dither=Image.Dither.NONE), compression="group4"),
    ]
    for file in lossy:
        assert difference(read_digit(file), form) < 8, file.name


@pytest.mark.parametrize("stroke", [(0, 0, 0), (255, 255, 255), (40, 40, 200), (255, 240, 120)])
def test_strokes_on_nothing_are_seen(tmp_path, stroke):
    alpha = Image.fromarray(enlarged(TWO))
    picture = Image.new("RGB", alpha.size, stroke)
    picture.putalpha(alpha)
    assert difference(read_digit(saved(tmp_path / "strokes.png", picture)), TWO) < 15


def test_an_opaque_page_with_clear_corners_keeps_its_paper(tmp_path):
    picture = Image.fromarray(255 - on_page(TWO)).convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 20, 20))
    assert difference(read_digit(saved(tmp_path / "page.png", picture)), TWO) < 15


def test_a_wholly_transparent_picture_has_no_ink(tmp_path):
    file = saved(tmp_path / "nothing.png", Image.new("RGBA", (50, 50), (0, 0, 0, 0)))
    with pytest.raises(DataError, match=r"nothing\.png: no ink found"):
        read_digit(file)


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((200, 0, 0), (255, 255, 255)),
        ((255, 255, 0), (255, 255, 255)),
        ((0, 0, 255), (0, 0, 0)),
        ((0, 120, 0), (250, 240, 200)),
    ],
)
def test_colored_ink_is_seen(tmp_path, ink, paper):
    mask = Image.fromarray(enlarged(TWO))
    picture = Image.composite(Image.new("RGB", mask.size, ink), Image.new("RGB", mask.size, paper), mask)
    assert difference(read_digit(saved(tmp_path / "color.png", picture)), TWO) < 15


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_turned_by_its_camera_is_turned_upright(tmp_path, orientation):
    gray = 255 - on_page(SEVEN)
    stored = {  # EXIF 2.3, tag 0x0112: what the camera stored of an upright scene
        1: gray,
        2: gray[:, ::-1],
        3: gray[::-1, ::-1],
        4: gray[::-1],
        5: gray.T,
        6: np.rot90(gray),
        7: gray[::-1, ::-1].T,
        8: np.rot90(gray, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name in ("turned.png", "turned.jpg", "turned.tiff"):
        file = saved(tmp_path / name, np.ascontiguousarray(stored), exif=exif)
        seen = read_image(file)
        assert seen.shape == gray.shape
        assert np.abs(seen.astype(int) - gray).mean() < 2, name


def test_the_first_frame_of_an_animation_is_read(tmp_path):
    first, second = Image.fromarray(255 - enlarged(SEVEN)), Image.fromarray(255 - enlarged(TWO))
    first.save(tmp_path / "both.gif", save_all=True, append_images=[second])
    assert difference(read_digit(tmp_path / "both.gif"), SEVEN) < 15


def test_large_pictures_are_reduced(tmp_path):
    for name in ("large.png", "large.jpg"):
        file = saved(tmp_path / name, 255 - on_page(SEVEN, 500, 900, 3000, 4000, 70))
        assert max(read_image(file).shape) < 2048
        assert difference(read_digit(file), SEVEN) < 15


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "I;16", "1", "F"])
def test_a_large_file_is_read_strip_by_strip_as_it_is_whole(tmp_path, monkeypatch, mode):
    gray = 255 - on_page(SEVEN, 300, 800, 1536, 2100, 40)
    picture = Image.fromarray(gray)
    if mode == "I;16":
        picture = Image.fromarray(gray.astype(np.uint16) * 257)
    elif mode != "L":
        picture = picture.convert(mode)
    if "A" in mode:
        picture.putalpha(Image.fromarray(np.tile(np.arange(2100) % 200 + 50, (1536, 1)).astype(np.uint8)))
    name = "large.tiff" if mode == "F" else "large.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    file = saved(tmp_path / name, picture, exif=exif)
    whole = read_image(file)
    monkeypatch.setattr(image_file, "WHOLE", 200_000)
    monkeypatch.setattr("digitlab.data.png_strips.STRIP", 150_000)
    np.testing.assert_array_equal(read_image(file), whole)
    assert whole.shape == (1050, 768)  # turned, by blocks of 2 x 2
    if mode in ("L", "LA", "RGB", "RGBA"):  # these are cut short in the middle of a strip
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        with pytest.raises(DataError, match="is damaged: the file ends early"):
            read_image(file)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the memory of a process is read there")
def test_a_picture_of_100_megapixels_takes_no_more_memory_than_300_mb(tmp_path):
    width, height = 11_900, 8_400
    deflate = zlib.compressobj(1)
    rows = [deflate.compress(b"\2" + bytes(4 * width)) for _ in range(height)]  # each as the one above it
    file = tmp_path / "vast.png"
    with file.open("wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n")
        header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
        pixels = b"".join([*rows, deflate.flush()])
        for kind, content in (b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""):
            checksum = zlib.crc32(kind + content)
            out.write(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum))
    program = """
import sys
from digitlab.data.image_file import read_image
assert read_image(sys.argv[1]).shape == (764, 1082)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    done = subprocess.run([sys.executable, "-c", program, file], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 300_000  # kilobytes


def test_pictures_of_phones_are_read(tmp_path):
    pytest.importorskip("pillow_heif").register_heif_opener()
    picture = Image.fromarray(255 - enlarged(SEVEN)).convert("RGB")
    form = read_digit(picture)
    for name in ("seven.heic", "seven.avif"):
        assert difference(read_digit(saved(tmp_path / name, picture)), form) < 8, name


def test_without_the_extra_a_heic_file_names_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    file = tmp_path / "seven.heic"
    file.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40))
    with pytest.raises(DataError, match=r"seven\.heic is a HEIC picture\n.*digitlab\[heic\]"):
        read_image(file)


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (12_000, 10_000), (10_001, 10_000)])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path, width, height):
    content = io.BytesIO()
    Image.new("1", (1, 1)).save(content, "BMP")
    header = bytearray(content.getvalue())
    header[18:22], header[22:26] = width.to_bytes(4, "little"), height.to_bytes(4, "little")
    file = tmp_path / "vast.bmp"
    file.write_bytes(header)
    with pytest.raises(DataError, match=r"vast\.bmp .*too (large|many)"):
        read_image(file)


def test_what_cannot_be_read_is_named(tmp_path):
    whole = saved(tmp_path / "whole.png", 255 - enlarged(SEVEN)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.png").touch()
    (tmp_path / "words.png").write_text("seven")
    for name, problem in [
        ("missing.png", "there is no such file"),
        ("empty.png", "it is empty"),
        ("cut.png", "is damaged"),
        ("words.png", "is not a picture"),
        (".", "it is not a file"),
        ("x" * 300, "name too long"),
        ("null\0.png", ""),
    ]:
        with pytest.raises(DataError) as caught:
            read_digit(tmp_path / name)
        assert problem.lower() in caught.value.problem.lower()
        assert caught.value.problem.startswith(("cannot read ", str(tmp_path)))
        assert "\n" not in caught.value.problem
        assert caught.value.remedy


def encoded(kind, **options):
    content = io.BytesIO()
    Image.fromarray(255 - SEVEN).convert("P" if kind == "GIF" else "RGB").save(content, kind, **options)
    return content.getvalue()


FILES = [encoded("PNG"), encoded("JPEG"), encoded("GIF"), encoded("TIFF"), encoded("BMP"), encoded("WEBP")]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_damaged_files_give_a_picture_or_an_error_in_words(tmp_path_factory, content, data):
    changed = bytearray(content)
    for at, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=8)
    ):
        changed[at] = value
    changed = changed[: data.draw(st.integers(1, len(content)) | st.just(len(content)))]
    file = tmp_path_factory.getbasetemp() / "damaged"
    file.write_bytes(changed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            picture = read_image(file)
        except DigitlabError:
            return
    assert picture.ndim == 2
    assert picture.dtype == np.uint8
