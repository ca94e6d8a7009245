"""Paper, light and a camera by code: what happens to writing until it is a picture file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Shot", "draw_line", "photograph", "scan", "smooth_noise"]

Gray = NDArray[np.float32]
"""`(height, width)`, 0 = black, 255 = white."""


@dataclass(frozen=True)
class Shot:
    """How a photo is taken; the limits of what is drawn for it.

    Attributes:
        turn: The largest rotation, in degrees; at least a third of it is taken.
        tilt: By what share of the picture's width its corners move.
        shade: By what share the light differs over the picture.
        shadow: The probability of a shadow.
        edge: The probability that the table around the sheet shows.
        blur: The largest sigma of blur, in pixels.
        noise: The largest sigma of the sensor's noise, in gray levels.
        quality: The lowest quality of JPEG, 1 to 100.
        grain: The sigma of the paper's texture, in gray levels.
    """

    turn: float
    tilt: float
    shade: float
    shadow: float
    edge: float
    blur: float
    noise: float
    quality: int
    grain: float


def photograph(
    sheet: Gray, shot: Shot, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Takes a photo of a sheet.

    Args:
        sheet: Gray levels under even light.
        shot: How it is taken.
        rng: Where the randomness comes from.

    Returns:
        The photo, `uint8`, and the 3 x 3 matrix that takes (x, y, 1) of the sheet to it.
    """
    height, width = sheet.shape
    matrix, size = _view(width, height, shot, rng)
    if rng.random() < shot.edge:
        level = float(rng.uniform(25, 90))
        seen = cv2.warpPerspective(sheet, matrix, size, flags=cv2.INTER_LINEAR, borderValue=-1.0)
        table = level + 10 * smooth_noise((size[1], size[0]), 60, rng)
        seen = np.where(seen < 0, table, seen)
    else:
        flags, beyond = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
        seen = cv2.warpPerspective(sheet, matrix, size, flags=flags, borderMode=beyond)
    fine = cv2.GaussianBlur(rng.normal(0, 1, seen.shape).astype(np.float32), (0, 0), 0.8)
    seen = seen + shot.grain * (1.5 * fine + 0.4 * smooth_noise(seen.shape, 60, rng))
    seen = seen * _light((size[1], size[0]), shot, rng)
    seen = cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.45, max(shot.blur, 0.5))))
    seen = seen + rng.normal(0, rng.uniform(0.4, 1) * shot.noise, seen.shape)
    return _jpeg(seen, int(rng.integers(shot.quality, 96))), matrix


def scan(
    sheet: Gray, rng: np.random.Generator, noise: float = 0.0, blur: float = 0.5, quality: int = 100
) -> NDArray[np.uint8]:
    """Scans a sheet: it stays where it is.

    Args:
        sheet: Gray levels.
        rng: Where the randomness comes from.
        noise: The sigma of noise, in gray levels.
        blur: The sigma of blur, in pixels; 0: none.
        quality: The lowest quality of JPEG; 100: none.
    """
    seen = cast(Gray, cv2.GaussianBlur(sheet, (0, 0), blur)) if blur else sheet
    if noise:
        seen = seen + rng.normal(0, noise, seen.shape).astype(np.float32)
    if quality < 100:
        return _jpeg(seen, int(rng.integers(quality, 100)))
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)


def draw_line(
    sheet: Gray, start: tuple[float, float], end: tuple[float, float], width: float, level: float
) -> None:
    """Draws a straight line on a sheet, darker than what it is drawn on, with smooth edges.

    Args:
        sheet: Is changed.
        start: x and y of one end, in pixels.
        end: x and y of the other.
        width: In pixels, 0.5 or more.
        level: Its gray level.
    """
    height, wide = sheet.shape
    pad = width + 2
    left, right = int(max(0, min(start[0], end[0]) - pad)), int(min(wide, max(start[0], end[0]) + pad + 1))
    top, bottom = int(max(0, min(start[1], end[1]) - pad)), int(min(height, max(start[1], end[1]) + pad + 1))
    if right <= left or bottom <= top:
        return
    x = np.arange(left, right, dtype=np.float32)[None, :] - start[0]
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - start[1]
    across, down = end[0] - start[0], end[1] - start[1]
    long = max(np.hypot(across, down), 1e-6)
    aside = np.abs(x * down - y * across) / long
    beyond = np.maximum((x * across + y * down) / long - long, -(x * across + y * down) / long)
    cover = np.clip(width / 2 - np.maximum(aside, beyond) + 0.5, 0, 1)
    part = sheet[top:bottom, left:right]
    np.minimum(part, part * (1 - cover) + level * cover, out=part)


def smooth_noise(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> Gray:
    """Noise of mean 0 and about sigma 1 that changes over `scale` pixels."""
    height, width = shape
    rows, columns = max(2, round(height / scale) + 1), max(2, round(width / scale) + 1)
    small = rng.normal(0, 1, (rows, columns)).astype(np.float32)
    return cast(Gray, cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def _view(
    width: int, height: int, shot: Shot, rng: np.random.Generator
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """The matrix of a perspective view, in which the whole sheet is seen, and the size of the picture."""
    turn = np.deg2rad(rng.uniform(shot.turn / 3, shot.turn) * rng.choice((-1, 1)))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    turned = (corners - corners.mean(axis=0)) @ np.array(
        [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    )
    # Corners move by a share of the shorter side, too: a strip seen in perspective stays a strip.
    turned += rng.uniform(-1, 1, (4, 2)) * shot.tilt * min(width, 3 * height)
    turned -= turned.min(axis=0)
    size = (int(np.ceil(turned[:, 0].max())), int(np.ceil(turned[:, 1].max())))
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), turned.astype(np.float32))
    return matrix.astype(np.float64), size


def _light(shape: tuple[int, int], shot: Shot, rng: np.random.Generator) -> Gray:
    """The share of the light that reaches each pixel: a gradient, a bright spot, and perhaps a shadow."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    ramp = ((x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)).astype(np.float32)
    far = np.hypot(x / width - rng.uniform(0, 1), y / height - rng.uniform(0, 1))
    light = 1 - shot.shade * (0.35 + 0.6 * ramp + 0.35 * far**2)
    if rng.random() < shot.shadow:
        # A half plane with a bent edge, soft as from a window or hard as from a lamp.
        angle, size = rng.uniform(0, 2 * np.pi), float(np.hypot(height, width))
        at = (x - width * rng.uniform(0.2, 0.8)) * np.cos(angle)
        at += (y - height * rng.uniform(0.2, 0.8)) * np.sin(angle)
        at += 0.03 * size * smooth_noise(shape, size / 4, rng)
        soft = size * (rng.uniform(0.05, 0.25) if rng.random() < 0.5 else rng.uniform(0.002, 0.02))
        dark = float(rng.uniform(0.25, 0.5)) * min(1.0, 2 * shot.shade + 0.3)
        light = light * (1 - dark / (1 + np.exp(np.clip(-at / max(soft, 0.7), -30, 30))))
    # A camera exposes for the brighter parts.
    exposed = light / light.max() * rng.uniform(0.8, 1.0)
    return cast(Gray, np.clip(exposed, 0.1, 1).astype(np.float32))


def _jpeg(seen: NDArray[np.floating], quality: int) -> NDArray[np.uint8]:
    """Through JPEG and back."""
    exact = np.clip(np.rint(seen), 0, 255).astype(np.uint8)
    _, file = cv2.imencode(".jpg", exact, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cast(NDArray[np.uint8], cv2.imdecode(file, cv2.IMREAD_GRAYSCALE))
