"""Reading what images, videos and archives say of themselves, for many of them at once."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from PIL import Image

from predscope.errors import FileParsingError
from predscope.media.archives import read_member
from predscope.media.image_info import ImageInfo, read_header, read_image_file
from predscope.media.locating import locate
from predscope.media.naming import is_video_name, split_video_frame, video_frame_name
from predscope.reading_progress import Progress
from predscope.schema import ImageStatus

_BATCH: Final = 64


def read_image_info(folder: Path, name: str) -> ImageInfo:
    """Read the header of one image. Never raises for a bad file: that is its status."""
    source = locate(folder, name)
    if source is None or not source.file.is_file():
        return ImageInfo(name, ImageStatus.MISSING, problem="there is no such file in the images folder")
    if source.member is not None:
        return _read_member(source.file, source.member, name)
    if source.video_frame is not None:
        frames = _read_video(folder, (split_video_frame(name) or (name, 0))[0])
        number = source.video_frame
        return frames[number] if number < len(frames) else ImageInfo(name, ImageStatus.MISSING)
    return read_image_file(source.file, name)


def scan_images(folder: Path, names: Sequence[str], *, progress: Progress | None = None) -> list[ImageInfo]:
    """Read the headers of many images, in the order of ``names`` (from ``list_images``).

    A video becomes one entry for each of its frames; one that cannot be read becomes a single entry, which says so.
    """
    root = folder.resolve()
    batches: list[list[str]] = [[]]
    for name in names:
        if is_video_name(name):
            batches += [[name], []]
        elif len(batches[-1]) < _BATCH:
            batches[-1].append(name)
        else:
            batches.append([name])
    infos: list[ImageInfo] = []
    done = 0
    with warnings.catch_warnings():
        # A large image is not an attack here: only its header is read.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        Image.init()
        with ThreadPoolExecutor(max_workers=min(8, (os.cpu_count() or 1) + 2)) as pool:
            try:
                for batch, found in zip(batches, pool.map(lambda batch: _read_all(root, batch), batches), strict=True):
                    infos.extend(found)
                    done += len(batch)
                    if progress is not None:
                        progress(done, len(names), "Reading image headers")
            except BaseException:  # the caller has had enough: what has not begun need not
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return infos


def _read_all(root: Path, names: Sequence[str]) -> list[ImageInfo]:
    infos: list[ImageInfo] = []
    for name in names:
        infos += _read_video(root, name) if is_video_name(name) else [read_image_info(root, name)]
    return infos


def _read_member(archive: Path, member: str, name: str) -> ImageInfo:
    try:
        modified_ns = archive.stat().st_mtime_ns
        data = read_member(archive, member)
    except FileParsingError as error:
        return ImageInfo(name, ImageStatus.UNREADABLE, problem=error.what.rstrip("."))
    except OSError as error:
        return ImageInfo(name, ImageStatus.UNREADABLE, problem=f"the file cannot be read ({error.strerror or error})")
    return read_header(io.BytesIO(data), name, len(data), modified_ns)


def _read_video(root: Path, name: str) -> list[ImageInfo]:
    """One entry for each frame of a video."""
    from predscope.media.video_index import video_index  # the decoder is slow to import, and most folders need none

    source = locate(root, name)
    if source is None or not source.file.is_file():
        return [ImageInfo(name, ImageStatus.MISSING, problem="there is no such file in the images folder")]
    try:
        index = video_index(source.file)
        state = source.file.stat()
    except FileParsingError as error:
        return [ImageInfo(name, ImageStatus.UNREADABLE, problem=error.what.rstrip("."))]
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror or error})"
        return [ImageInfo(name, ImageStatus.UNREADABLE, problem=problem)]
    remark = ""
    if index.claimed and index.claimed != len(index):
        remark = f"{name}: {len(index):,} frames, where the file claims {index.claimed:,}"
    rate = index.frames_a_second
    return [
        ImageInfo(
            video_frame_name(name, frame),
            ImageStatus.OK,
            index.width,
            index.height,
            file_size=state.st_size,
            modified_ns=state.st_mtime_ns,
            sequence=name,
            sequence_index=frame,
            frames_a_second=rate,
            remark="" if frame else remark,
        )
        for frame in range(len(index))
    ]
