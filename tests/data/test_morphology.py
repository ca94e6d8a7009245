"""Connected components of small masks are those that OpenCV finds."""

import cv2
import numpy as np
import pytest

from digitlab.data.morphology import components


@pytest.mark.parametrize("seed", range(40))
def test_components_of_small_masks_are_those_of_opencv(seed):
    random = np.random.default_rng(seed)
    height, width = random.integers(1, 65, 2)
    coarse = cv2.blur(random.random((height, width)), (9, 9))
    mask = (coarse > np.quantile(coarse, random.uniform(0.5, 0.95))).astype(np.uint8)
    count, expected, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    labels, boxes = components(mask)
    assert len(boxes) == count
    for number in range(1, count):
        (other,) = np.unique(expected[labels == number])
        np.testing.assert_array_equal(expected == other, labels == number)
        np.testing.assert_array_equal(boxes[number], stats[other, :4])
