"""Which frames a video file holds: how many, when each is shown, and at which of them decoding can begin.

The number of frames that a container claims is often wrong (an estimate from duration and frame rate), and so are
positions counted in frames where the frame rate varies. So the packets are read once, without decoding them (some
microseconds each): their presentation times, in order, are the frames. The times are then compared with those of
frames that are really decoded, at the start and at the end; where they disagree, the whole video is decoded once.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from predscope.errors import FileParsingError

_LAYOUT: Final = "1"
_CHECKED_FRAMES: Final = 40
"""At the start, decoded to compare."""
_CHECKED_AT_END: Final = 3
_SAME_TIME_MS: Final = 0.01
_INDEXES_KEPT: Final = 64
_MOST_FRAMES: Final = 10_000_000
_STARTS: Final = (
    *(b"RIFF", b"\x1a\x45\xdf\xa3", b"FLV", b"OggS"),  # AVI, Matroska and WebM, Flash, Ogg
    *(b"\x30\x26\xb2\x75", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3"),  # Windows Media, MPEG program stream, MPEG
)
_MOVIE_ATOMS: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # MP4 and QuickTime

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what is wrong with a file is said in words, once


@dataclass(frozen=True, slots=True)
class VideoIndex:
    """The frames of a video, in the order in which they are shown.

    Attributes:
        times: float64 (frames,): when each is shown, milliseconds; strictly rising where ``is_timed``.
        key_frames: int64 (k,): frames at which decoding can begin, rising; the first is 0.
        is_timed: whether a decoded frame can be told by its time. If not, frames are found by counting from the start.
        width, height: pixels as displayed, after the rotation that the file asks for.
        claimed: number of frames that the container claims; 0: it claims none.
    """

    times: np.ndarray
    key_frames: np.ndarray
    is_timed: bool
    width: int
    height: int
    claimed: int

    def __len__(self) -> int:
        return len(self.times)

    @property
    def frames_a_second(self) -> float | None:
        """On average over the video; None for a single frame, or times that say nothing."""
        if len(self.times) < 2 or not self.times[-1] > self.times[0]:
            return None
        rate = (len(self.times) - 1) * 1000 / float(self.times[-1] - self.times[0])
        whole = round(rate)
        return float(whole) if abs(rate - whole) < 0.005 else round(rate, 3)

    def key_before(self, frame: int) -> int:
        """The last frame at which decoding can begin, up to this one."""
        return int(self.key_frames[np.searchsorted(self.key_frames, frame, side="right") - 1])

    def frame_at(self, time: float) -> int | None:
        """The frame that is shown at a time, in milliseconds; None: there is none just then."""
        place = int(np.searchsorted(self.times, time - _SAME_TIME_MS))
        if place < len(self.times) and abs(self.times[place] - time) <= _SAME_TIME_MS:
            return place
        return None

    def dumps(self) -> bytes:
        """For a file, to be read by ``loads``."""
        buffer = io.BytesIO()
        facts = np.array([self.is_timed, self.width, self.height, self.claimed], np.int64)
        np.savez(buffer, times=self.times, key_frames=self.key_frames, facts=facts)
        return buffer.getvalue()

    @classmethod
    def loads(cls, data: bytes) -> VideoIndex:
        """What ``dumps`` gave.

        Raises:
            ValueError: it is damaged.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                is_timed, width, height, claimed = (int(value) for value in stored["facts"])
                return cls(stored["times"], stored["key_frames"], bool(is_timed), width, height, claimed)
        except Exception as error:
            raise ValueError(f"not the index of a video ({error})") from None


FileKey = tuple[str, int, int]
"""Path, bytes and modification time of a file: it is another one when they differ."""


def file_key(path: Path) -> FileKey:
    """Which file this is now.

    Raises:
        OSError: there is none.
    """
    state = path.stat()
    return str(path), state.st_size, state.st_mtime_ns


def video_index(path: Path, folder: Path | None = None) -> VideoIndex:
    """The index of a video file: out of memory, out of ``folder``, or made now and kept in both.

    Args:
        folder: where indexes are kept between processes; None: nowhere.

    Raises:
        FileParsingError: it is no video that can be read.
    """
    try:
        key = file_key(path)
    except OSError as error:
        raise FileParsingError(f"the video cannot be read ({error.strerror or error}).", where=path) from None
    with _lock:
        index = _indexes.get(key)
    if index is None and folder is not None:
        try:
            index = VideoIndex.loads(_stored(folder, key).read_bytes())
        except (OSError, ValueError):
            index = None
    is_new = index is None
    if index is None:
        index = read_index(path)
    with _lock:
        _indexes[key] = index
        _indexes.move_to_end(key)
        while len(_indexes) > _INDEXES_KEPT:
            _indexes.popitem(last=False)
    if is_new and folder is not None:
        _store(folder, key, index)
    return index


def keep_indexes(folder: Path, files: Collection[Path]) -> None:
    """Write the indexes of some videos that are in memory to a folder, so that no other process makes them again."""
    wanted = {str(path) for path in files}
    with _lock:
        known = [(key, index) for key, index in _indexes.items() if key[0] in wanted]
    for key, index in known:
        _store(folder, key, index)


def read_index(path: Path) -> VideoIndex:
    """Read the packets of a video, and compare them with what is decoded.

    Raises:
        FileParsingError: it is no video that can be read.
    """
    problem = _foreign_content(path)
    if problem:
        raise FileParsingError(f"{problem}.", where=path)
    times, is_key = _packet_times(path)
    capture = open_capture(path)
    try:
        if not capture.grab():
            raise FileParsingError("no frame of this video can be decoded.", where=path)
        picture = capture.retrieve()[1]
        height, width = picture.shape[:2]
        claimed = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        claimed = int(claimed) if math.isfinite(claimed) and 0 < claimed < _MOST_FRAMES else 0
        order = np.argsort(times, kind="stable")
        times, keys = times[order], np.flatnonzero(is_key[order])
        index = VideoIndex(times, keys, True, width, height, claimed)
        if _is_rising(times) and len(keys) and keys[0] == 0 and _agrees(capture, index):
            return index
    except cv2.error as error:
        raise FileParsingError(f"this video cannot be decoded ({error}).", where=path) from None
    finally:
        capture.release()
    return _decoded_index(path, times[is_key[order]], width, height, claimed)


def open_capture(path: Path, threads: int | None = None) -> cv2.VideoCapture:
    """Open a video for decoding, by the library's own decoder alone: no device, no network, no pattern of names.

    Raises:
        FileParsingError: it cannot be opened.
    """
    options = [cv2.CAP_PROP_HW_ACCELERATION, cv2.VIDEO_ACCELERATION_NONE]
    if threads is not None:
        options += [cv2.CAP_PROP_N_THREADS, threads]
    return _opened(path, options)


def _packet_times(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """float64 (n,), bool (n,): presentation time of each packet, and whether decoding can begin there."""
    packets = _opened(path, [cv2.CAP_PROP_FORMAT, -1])
    times, is_key = [], []
    try:
        while packets.grab():
            times.append(packets.get(cv2.CAP_PROP_POS_MSEC))
            is_key.append(packets.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME) != 0)
            if len(times) > _MOST_FRAMES:
                raise FileParsingError(f"it has more than {_MOST_FRAMES:,} frames.", where=path)
    finally:
        packets.release()
    return np.array(times, np.float64), np.array(is_key, bool)


def _opened(path: Path, options: list[int]) -> cv2.VideoCapture:
    # A file that cannot be opened is no reason to write to the terminal: it is said in words.
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, options)
    except cv2.error:
        capture = None
    finally:
        cv2.utils.logging.setLogLevel(level)
    if capture is None or not capture.isOpened():
        raise FileParsingError("it is not a video that can be read.", where=path)
    return capture


def _agrees(capture: cv2.VideoCapture, index: VideoIndex) -> bool:
    """Whether decoded frames, of which the first is grabbed already, have the times of the packets."""
    count = len(index)
    for frame in range(min(count, _CHECKED_FRAMES)):
        if frame and not capture.grab():
            return False
        if index.frame_at(capture.get(cv2.CAP_PROP_POS_MSEC)) != frame:
            return False
    frame = min(count, _CHECKED_FRAMES) - 1
    if frame < count - 1:
        wanted = max(count - _CHECKED_AT_END, 0)
        reached = seek_before(capture, index, wanted)
        if reached is None:
            return False
        frame = reached
        while frame < count - 1:
            if not capture.grab() or index.frame_at(capture.get(cv2.CAP_PROP_POS_MSEC)) != frame + 1:
                return False
            frame += 1
    return not capture.grab()


def seek_before(capture: cv2.VideoCapture, index: VideoIndex, frame: int) -> int | None:
    """Seek, and grab a frame that is not behind the one wanted; returns which it is, None: it cannot be told."""
    rate = capture.get(cv2.CAP_PROP_FPS)
    key = index.key_before(frame)
    wanted = (index.times[key] - index.times[0]) / 1000 * rate if math.isfinite(rate) else key
    margin = 0
    while True:
        position = max(int(wanted) - margin, 0)
        capture.set(cv2.CAP_PROP_POS_FRAMES, position)
        if not capture.grab():
            return None
        reached = index.frame_at(capture.get(cv2.CAP_PROP_POS_MSEC))
        if reached is not None and reached <= frame:
            return reached
        if position == 0:
            return None
        margin = 4 * margin + 16


def _decoded_index(path: Path, key_times: np.ndarray, width: int, height: int, claimed: int) -> VideoIndex:
    """The index out of decoding everything once."""
    capture = open_capture(path)
    found: list[float] = []
    try:
        while capture.grab():
            found.append(capture.get(cv2.CAP_PROP_POS_MSEC))
            if len(found) > _MOST_FRAMES:
                raise FileParsingError(f"it has more than {_MOST_FRAMES:,} frames.", where=path)
    finally:
        capture.release()
    times = np.array(found, np.float64)
    if not len(times):
        raise FileParsingError("no frame of this video can be decoded.", where=path)
    is_timed = _is_rising(times)
    keys = np.zeros(1, np.int64)
    if is_timed:
        places = np.searchsorted(times, key_times - _SAME_TIME_MS)
        places = places[places < len(times)]
        keys = np.unique(np.append(keys, places[np.isin(np.round(times[places], 2), np.round(key_times, 2))]))
    return VideoIndex(times, keys, is_timed, width, height, claimed)


def _is_rising(times: np.ndarray) -> bool:
    return bool(np.isfinite(times).all() and (np.diff(times) > 2 * _SAME_TIME_MS).all())


def _foreign_content(path: Path) -> str:
    """Why a file is not handed to the decoder; "" if it begins as a container of video does.

    Playlists and lists of other files must not be opened: they would make the decoder read files that are not here.
    """
    try:
        with path.open("rb") as file:
            head = file.read(400)
    except OSError as error:
        return f"the file cannot be read ({error.strerror or error})"
    if not head:
        return "the file is empty"
    if head.startswith(_STARTS) or head[4:8] in _MOVIE_ATOMS:
        return ""
    for start, packet in ((0, 188), (4, 192)):
        if head[start : start + 1] == b"\x47" and head[start + packet : start + packet + 1] == b"\x47":
            return ""  # MPEG transport stream
    return "it is not a video that can be read"


def _stored(folder: Path, key: FileKey) -> Path:
    path, size, modified = key
    digest = hashlib.blake2b(f"{_LAYOUT}|{path}|{size}|{modified}".encode(), digest_size=16).hexdigest()
    return folder / f"{digest}.npz"


def _store(folder: Path, key: FileKey, index: VideoIndex) -> None:
    """Keep an index; without effect where nothing can be written: it is made again."""
    target = _stored(folder, key)
    part = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        if not target.exists():
            folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(index.dumps())
            part.replace(target)
    except OSError:
        part.unlink(missing_ok=True)


_lock = threading.Lock()
_indexes: OrderedDict[FileKey, VideoIndex] = OrderedDict()
