"""Frames of a video by their number, and exactly those.

Seeking by frame number is off in many files (frames that refer to later ones, varying frame rate, streams that begin
in the middle). So after each seek, the time of the frame that came is looked up in the index of the video; from there
on frames are counted, and each must have the time that the index has for it. What cannot be confirmed is read from the
start again.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np

from predscope.errors import FileParsingError
from predscope.media.video_index import VideoIndex, open_capture, seek_before, video_index

_NEAR: Final = 16
"""Frames that are decoded and passed over rather than sought: a seek costs about as much."""


class VideoReader:
    """A video file, open at some frame. Not to be used by two threads at once.

    Args:
        path: the file.
        index: of this file; None: it is made.
        threads: of the decoder; None: as it likes.

    Raises:
        FileParsingError: it is no video that can be read.
    """

    def __init__(self, path: Path, index: VideoIndex | None = None, *, threads: int | None = None) -> None:
        self.path = path
        self.index = video_index(path) if index is None else index
        self._threads = threads
        self._capture = open_capture(path, threads)
        self._grabbed = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def next_frame(self) -> int:
        """The frame that costs least to read."""
        return self._grabbed + 1

    def cost(self, frame: int) -> int:
        """About how many frames must be decoded to have this one."""
        ahead = frame - self._grabbed
        sought = frame - self.index.key_before(frame) + _NEAR
        return min(ahead, sought) if ahead > 0 else sought

    def read(self, frame: int) -> np.ndarray:
        """One frame.

        Returns:
            uint8 (height, width, 3), blue-green-red, turned as the file asks for.

        Raises:
            FileParsingError: the video has no such frame, or it cannot be decoded.
        """
        if not 0 <= frame < len(self.index):
            raise FileParsingError(
                f"the video has {len(self.index):,} frames, not one numbered {frame}.", where=self.path
            )
        try:
            self._reach(frame)
            ok, picture = self._capture.retrieve()
        except cv2.error:
            ok, picture = False, None
        if not ok or picture is None:
            self._grabbed = -1
            self._reopen()
            raise FileParsingError(f"frame {frame} of this video cannot be decoded.", where=self.path)
        return picture

    def close(self) -> None:
        self._capture.release()

    def _reach(self, frame: int) -> None:
        """Grab frames until this one is the last that was."""
        if self._grabbed == frame:
            return
        index = self.index
        is_ahead = frame > self._grabbed
        if not is_ahead or (index.is_timed and index.key_before(frame) > self._grabbed + _NEAR):
            self._seek(frame)
        if self._advance(frame):
            return
        if index.is_timed:  # the place that was sought was not what it seemed to be: once more, from farther before
            self._seek(max(index.key_before(frame) - 1, 0))
            if self._advance(frame):
                return
        raise FileParsingError(f"frame {frame} of this video cannot be decoded.", where=self.path)

    def _seek(self, frame: int) -> None:
        if self.index.is_timed and self.index.key_before(frame) > 0:
            reached = seek_before(self._capture, self.index, frame)
            if reached is not None:
                self._grabbed = reached
                return
        self._reopen()

    def _advance(self, frame: int) -> bool:
        """Grab one frame after the other up to this one; False: one of them did not come, or at another time."""
        while self._grabbed < frame:
            if not self._capture.grab():
                return False
            if self.index.is_timed:
                found = self.index.frame_at(self._capture.get(cv2.CAP_PROP_POS_MSEC))
                if found is None or found > frame or found <= self._grabbed:
                    self._grabbed = -1 if found is None else found
                    return False
                self._grabbed = found  # frames that are damaged are passed over by the decoder
            else:
                self._grabbed += 1
        return self._grabbed == frame

    def _reopen(self) -> None:
        self._capture.release()
        self._capture = open_capture(self.path, self._threads)
        self._grabbed = -1
