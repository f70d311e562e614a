"""Videos kept open, so that playing forward decodes each frame once, and neighbours are at hand.

Frames are asked for by several threads at once and not quite in order, as a browser does that loads ahead. Those that
are decoded on the way to a frame, and those before one that is stepped back to, are kept for a while.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

import numpy as np

from predscope.errors import FileParsingError
from predscope.media.video_index import FileKey, file_key, video_index
from predscope.media.video_reader import VideoReader

_READERS_A_VIDEO: Final = 2
"""One that plays, and one for thumbnails here and there."""
_MOST_OPEN: Final = 6
_KEPT_BYTES: Final = 192 << 20
_KEPT_A_READ: Final = 12
"""Frames kept of those passed on the way to one, and of those before one that was stepped back to."""
_STEP_BACK: Final = 30


class VideoPool:
    """Open videos of this process, and the frames decoded last. For any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: OrderedDict[FileKey, list[_Slot]] = OrderedDict()
        self._frames: OrderedDict[tuple[FileKey, int], np.ndarray] = OrderedDict()
        self._bytes = 0

    def read(self, path: Path, frame: int, index_folder: Path | None = None) -> np.ndarray:
        """One frame of a video, exactly that.

        Args:
            index_folder: where the indexes of videos are kept.

        Returns:
            uint8 (height, width, 3), blue-green-red; not to be written to.

        Raises:
            FileParsingError: the file is no video, or has no such frame, or it cannot be decoded.
        """
        try:
            key = file_key(path)
        except OSError as error:
            raise FileParsingError(f"the video cannot be read ({error.strerror or error}).", where=path) from None
        picture = self._kept(key, frame)
        if picture is not None:
            return picture
        index = video_index(path, index_folder)
        slot = self._take(key, frame)
        try:
            picture = self._kept(key, frame)  # another thread may have come by
            if picture is not None:
                return picture
            if slot.reader is None:
                slot.reader = VideoReader(path, index)
            return self._decode(key, slot, slot.reader, frame)
        finally:
            slot.lock.release()

    def _decode(self, key: FileKey, slot: _Slot, reader: VideoReader, frame: int) -> np.ndarray:
        first = frame
        if 0 < frame - reader.next_frame <= _KEPT_A_READ:
            first = reader.next_frame
        elif 0 < slot.last - frame <= _STEP_BACK:
            size = 3 * reader.index.width * reader.index.height
            count = max(min(_KEPT_A_READ, _KEPT_BYTES // 3 // max(size, 1)), 1)
            first = max(frame - count + 1, reader.index.key_before(frame), 0)
        for passed in range(first, frame):
            if self._kept(key, passed) is None:
                try:
                    self._keep(key, passed, reader.read(passed))
                except FileParsingError:
                    continue  # it is not the one that was asked for
        picture = reader.read(frame)
        slot.last = frame
        self._keep(key, frame, picture)
        return picture

    def _take(self, key: FileKey, frame: int) -> _Slot:
        """The open video from which the frame is reached soonest, locked."""
        with self._lock:
            slots = self._slots.setdefault(key, [])
            self._slots.move_to_end(key)
            chosen = min(slots, key=lambda slot: slot.cost(frame), default=None)
            if chosen is None or (len(slots) < _READERS_A_VIDEO and chosen.cost(frame) > _STEP_BACK):
                chosen = _Slot()
                slots.append(chosen)
            chosen.aim = frame
            self._close_others(key)
        chosen.lock.acquire()
        return chosen

    def _close_others(self, key: FileKey) -> None:
        """Close videos that were not used for the longest time, if none of their readers is busy."""
        for other in list(self._slots):
            if sum(map(len, self._slots.values())) <= _MOST_OPEN:
                return
            if other != key:
                for slot in [slot for slot in self._slots[other] if slot.lock.acquire(blocking=False)]:
                    self._slots[other].remove(slot)
                    slot.close()
                    slot.lock.release()
                if not self._slots[other]:
                    del self._slots[other]

    def _kept(self, key: FileKey, frame: int) -> np.ndarray | None:
        with self._lock:
            picture = self._frames.get((key, frame))
            if picture is not None:
                self._frames.move_to_end((key, frame))
            return picture

    def _keep(self, key: FileKey, frame: int, picture: np.ndarray) -> None:
        picture.flags.writeable = False
        with self._lock:
            if (key, frame) not in self._frames:
                self._frames[key, frame] = picture
                self._bytes += picture.nbytes
            while self._bytes > _KEPT_BYTES and len(self._frames) > 1:
                self._bytes -= self._frames.popitem(last=False)[1].nbytes


class _Slot:
    """An open video; whoever reads from it holds the lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reader: VideoReader | None = None
        self.last = -1
        """The frame that was asked for last."""
        self.aim = -1
        """The frame that whoever waits for the lock, or holds it, is going to."""

    def cost(self, frame: int) -> int:
        """How far the frame is from where this video will be; more for those behind."""
        ahead = frame - self.aim
        return ahead if ahead >= 0 else _STEP_BACK - ahead if ahead < -_STEP_BACK else -ahead

    def close(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader = None


VIDEOS: Final = VideoPool()
"""The pool of this process."""
