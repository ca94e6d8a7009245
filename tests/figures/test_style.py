"""The colors of the ten digits are told apart, by all readers and on light and dark pages."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from digitlab.figures.style import DIGIT_COLORS

# Machado et al. (2009), severity 1, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def to_lab(color, vision="normal"):
    """CIELAB (D65) of an sRGB color as it is seen."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = RGB_TO_XYZ @ (VISION[vision] @ linear).clip(0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(first, second):
    """Difference of two CIELAB colors (Sharma et al. 2005)."""
    (light1, a1, b1), (light2, a2, b2) = first, second
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    a1, a2 = a1 * stretch, a2 * stretch
    chroma1, chroma2 = np.hypot(a1, b1), np.hypot(a2, b2)
    hue1, hue2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (hue2 - hue1 + 180) % 360 - 180 if chroma1 * chroma2 else 0
    d_light, d_chroma = light2 - light1, chroma2 - chroma1
    d_hue = 2 * np.sqrt(chroma1 * chroma2) * np.sin(np.radians(turn / 2))
    light, chroma = (light1 + light2) / 2, (chroma1 + chroma2) / 2
    hue = (hue1 + hue2 + (360 if abs(hue1 - hue2) > 180 else 0)) / 2 if chroma1 * chroma2 else hue1 + hue2
    t = 1 + sum(
        weight * np.cos(np.radians(k * hue + shift))
        for weight, k, shift in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    )
    s_light = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_chroma, s_hue = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    rotation *= np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    parts = d_light / s_light, d_chroma / s_chroma, d_hue / s_hue
    return float(np.sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2]))


def test_the_difference_is_that_of_the_published_test_data():
    # Sharma et al. (2005), table 1, pairs 1, 7, 17 and 20.
    for first, second, difference in (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ):
        assert ciede2000(first, second) == pytest.approx(difference, abs=2e-4)
    assert to_lab("white") == pytest.approx((100, 0, 0), abs=0.02)


@pytest.mark.parametrize(
    ("vision", "digits", "white", "dark"),
    [("normal", 26.7, 25.7, 24.2), ("deuteranopia", 19.0, 17.3, 16.0), ("protanopia", 15.0, 13.7, 15.4)],
)
def test_digits_are_told_apart_in_light_and_dark(vision, digits, white, dark):
    colors = [to_lab(color, vision) for color in DIGIT_COLORS]
    assert min(ciede2000(a, b) for a, b in combinations(colors, 2)) == pytest.approx(digits, abs=0.06)
    for page, least in (("white", white), ("#1c1c1c", dark)):
        assert min(ciede2000(to_lab(page, vision), color) for color in colors) == pytest.approx(
            least, abs=0.06
        )


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("pair", [(0, 3), (5, 7), (4, 9), (3, 5), (3, 8), (2, 7)])
def test_digits_often_confused_are_far_apart(vision, pair):
    assert ciede2000(*(to_lab(DIGIT_COLORS[digit], vision) for digit in pair)) > 45
