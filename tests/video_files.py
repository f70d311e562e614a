"""Video files for tests, whose frames say which they are: their number stands in blocks of pixels at the top."""

from __future__ import annotations

import random
import struct
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

WIDTH, HEIGHT = 192, 96
BITS = 12
BLOCK = WIDTH // BITS

CODECS = {"mp4v.mp4": "mp4v", "mjpg.avi": "MJPG", "xvid.avi": "XVID", "vp9.webm": "VP90"}
"""What OpenCV itself can write, on any machine."""


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """uint8 (height, width, 3): a frame that carries its number."""
    image = np.full((height, width, 3), 40 + number * 3 % 120, np.uint8)
    for bit in range(BITS):
        image[: height // 2, bit * BLOCK : (bit + 1) * BLOCK] = 255 * (number >> bit & 1)
    cv2.circle(image, (width // 2 + int(width / 4 * np.cos(number / 9)), height * 3 // 4), 10, (0, 0, 255), -1)
    return image


def number_of(image: np.ndarray) -> int:
    """The number that a decoded frame carries."""
    rows = image[HEIGHT // 8 : HEIGHT * 3 // 8]
    middles = (rows[:, bit * BLOCK + BLOCK // 4 : (bit + 1) * BLOCK - BLOCK // 4].mean() for bit in range(BITS))
    return sum(1 << bit for bit, mean in enumerate(middles) if mean > 128)


def write_video(path: Path, count: int = 60, codec: str | None = None, rate: float = 25.0) -> Path:
    """Write a video with OpenCV; skips the test where that codec cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    code = cv2.VideoWriter_fourcc(*(codec or "mp4v"))
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, rate, (WIDTH, HEIGHT))
    if not writer.isOpened():
        pytest.skip(f"OpenCV cannot write {codec} here")
    for number in range(count):
        writer.write(picture(number))
    writer.release()
    return path


def write_h264(
    path: Path, count: int = 120, *, options: Mapping[str, str] | None = None, is_uneven: bool = False
) -> Path:
    """Write H.264, whose frames refer to later ones; skips the test without PyAV.

    Args:
        options: of the encoder.
        is_uneven: frames are shown for times of all lengths.
    """
    av = pytest.importorskip("av", reason="H.264 is written with PyAV")
    rate = 25
    base = Fraction(1, rate * 512)
    dice = random.Random(5)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = base
        stream.options = dict(options or {})
        time = 0
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
            frame.pts, frame.time_base = time, base
            time += dice.choice([100, 256, 512, 700, 1500]) if is_uneven else 512
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def turn_quarter(path: Path) -> None:
    """Ask, in the header of an MP4 file, for a turn by 90 degrees clockwise, as phones do."""
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    data[matrix : matrix + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, HEIGHT * one, 0, 1 << 30)
    path.write_bytes(data)
