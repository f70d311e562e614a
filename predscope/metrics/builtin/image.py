"""Metrics of the pixels of a frame, and of an object's crop."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from predscope.metrics.metric import MeasuredOn
from predscope.metrics.pixels import CROP_SIDE, FRAME_SIDE, Pixels
from predscope.metrics.registry import metric

SHARPNESS_HALF: Final = 500.0
"""Variance of the Laplacian, in squared grey levels, that counts as half sharp."""
DARK_CLIP: Final = 2
LIGHT_CLIP: Final = 253
"""Luma at or beyond which detail is lost; two levels are left for the noise of JPEG."""

_AT_WORKING_SIZE: Final = f"at most {FRAME_SIDE} px on the longer side"
_SHARPNESS: Final = (
    f"Variance v of the Laplacian of the grey image, as v / (v + {SHARPNESS_HALF:.0f}): 0 is flat or blurred, 1 is "
    "full of crisp edges. Blur is its complement, 1 - sharpness."
)


@metric(
    "brightness",
    title="Brightness",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    definition="Mean luma / 255: 0 is black, 1 is white.",
)
def brightness(image: Pixels) -> float:
    return image.luma_moments[0] / 255


@metric(
    "contrast",
    title="Contrast",
    measured_on=MeasuredOn.FRAME,
    range=(0, 0.5),
    version=1,
    definition="Standard deviation of luma / 255: 0 is a plain surface, .5 is half black, half white.",
)
def contrast(image: Pixels) -> float:
    return image.luma_moments[1] / 255


@metric(
    "sharpness",
    title="Sharpness",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    definition=f"{_SHARPNESS} Measured with the image shrunk to {_AT_WORKING_SIZE}.",
)
def sharpness(image: Pixels) -> float:
    if min(image.small_gray.shape) < 3:
        return np.nan
    _, deviation = cv2.meanStdDev(cv2.Laplacian(image.small_gray, cv2.CV_16S, ksize=1))
    variance = float(deviation[0, 0]) ** 2
    return variance / (variance + SHARPNESS_HALF)


@metric(
    "entropy",
    title="Entropy",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    definition="Shannon entropy of the grey histogram (256 levels) / 8: 0 is one single tone; low holds little "
    "information.",
)
def entropy(image: Pixels) -> float:
    shares = image.histogram[image.histogram > 0]
    return float(max(-(shares * np.log2(shares)).sum() / 8, 0.0))


@metric(
    "red_share",
    title="Red share",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    definition="Share of pixels with hue 0-10 or 170-179 (of 180), saturation from 50 and value from 40 (of 255).",
)
def red_share(image: Pixels) -> float:
    return _band_share(image, (0, 10), (170, 179))


@metric(
    "green_share",
    title="Green share",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    definition="Share of pixels with hue 35-75 (of 180), saturation from 50 and value from 40 (of 255).",
)
def green_share(image: Pixels) -> float:
    return _band_share(image, (35, 75))


@metric(
    "blue_share",
    title="Blue share",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    definition="Share of pixels with hue 90-130 (of 180), saturation from 50 and value from 40 (of 255).",
)
def blue_share(image: Pixels) -> float:
    return _band_share(image, (90, 130))


@metric(
    "colourfulness",
    title="Colourfulness",
    measured_on=MeasuredOn.FRAME,
    version=1,
    definition="Hasler and Süsstrunk (2003): spread plus .3 times mean of the opponent colours red - green and "
    "(red + green) / 2 - blue. 0 is grey, 15 slightly, 45 quite, 80 and more very colourful.",
)
def colourfulness(image: Pixels) -> float:
    blue, green, red = (plane.reshape(-1).astype(np.float32) for plane in cv2.split(image.small))
    mean_blue, mean_green, mean_red, _ = cv2.mean(image.small)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    mean_rg, mean_yb = mean_red - mean_green, (mean_red + mean_green) / 2 - mean_blue
    mean_square = float(red_green @ red_green + yellow_blue @ yellow_blue) / len(red_green)
    return float(np.sqrt(max(mean_square - mean_rg**2 - mean_yb**2, 0)) + 0.3 * np.hypot(mean_rg, mean_yb))


@metric(
    "dark_quantile",
    title="Darkest tones",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    definition="First percentile of luma / 255: high is a veil of haze or light over the shadows.",
)
def dark_quantile(image: Pixels) -> float:
    return _quantile(image, 0.01)


@metric(
    "light_quantile",
    title="Lightest tones",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    definition="99th percentile of luma / 255: low is an underexposed image.",
)
def light_quantile(image: Pixels) -> float:
    return _quantile(image, 0.99)


@metric(
    "clipped",
    title="Clipped share",
    measured_on=MeasuredOn.FRAME,
    range=(0, 1),
    version=1,
    higher_is="bad",
    definition=f"Share of pixels whose luma is at most {DARK_CLIP} or at least {LIGHT_CLIP}: detail is lost there.",
)
def clipped(image: Pixels) -> float:
    return float(image.histogram[: DARK_CLIP + 1].sum() + image.histogram[LIGHT_CLIP:].sum())


@metric(
    "crop_brightness",
    title="Brightness of the object",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    definition="Mean luma / 255 inside the box of the object.",
)
def crop_brightness(crop: Pixels) -> float:
    return brightness(crop)


@metric(
    "crop_contrast",
    title="Contrast of the object",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 0.5),
    version=1,
    definition="Standard deviation of luma / 255 inside the box of the object, shrunk to at most "
    f"{CROP_SIDE} px on the longer side.",
)
def crop_contrast(crop: Pixels) -> float:
    return contrast(crop)


@metric(
    "crop_sharpness",
    title="Sharpness of the object",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    definition=f"{_SHARPNESS} Measured inside the box, shrunk to at most {CROP_SIDE} px on the longer side.",
)
def crop_sharpness(crop: Pixels) -> float:
    return sharpness(crop)


def _band_share(image: Pixels, *hues: tuple[int, int]) -> float:
    return float(sum(image.hues[low : high + 1].sum() for low, high in hues))


def _quantile(image: Pixels, share: float) -> float:
    """The lowest luma / 255 that at least this share of the pixels do not exceed."""
    return float(np.searchsorted(np.cumsum(image.histogram), share - 1e-12)) / 255
