"""What ``predscope init`` found in the images folder, as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from predscope.cli.report_text import print_problem
from predscope.importing.findings import note
from predscope.importing.frames.images_folder import remark_on_images
from predscope.media import ImageInfo, ImageListing
from predscope.media.naming import is_video_name
from predscope.project import Project
from predscope.report import ImportReport
from predscope.schema import ImageStatus

_EXAMPLES = 5


def print_images(project: Project, listing: ImageListing, infos: Sequence[ImageInfo]) -> None:
    """Counts of images, videos and frames first, then what is not as one would expect, with its places."""
    print(f"{project.path}: {describe_images(project, infos)}")
    report = ImportReport(source=str(project.images_root or Path()))
    remark_on_images(listing, infos, report)
    unreadable = [info for info in infos if info.status is ImageStatus.UNREADABLE]
    if unreadable:
        examples = [f"{info.path}: {info.problem}" for info in unreadable[:_EXAMPLES]]
        note(report, "image_unreadable", count=len(unreadable), examples=examples)
    for problem in report.to_json()["problems"]:
        print_problem(problem)


def describe_images(project: Project, infos: Sequence[ImageInfo]) -> str:
    """For example "120 images, 2 videos of 640 frames, 1 image sequence"."""
    in_videos = sum(info.sequence is not None for info in infos)
    unreadable_videos = sum(info.status is ImageStatus.UNREADABLE and is_video_name(info.path) for info in infos)
    videos = len({info.sequence for info in infos if info.sequence is not None}) + unreadable_videos
    images = len(infos) - in_videos - unreadable_videos
    parts = []
    if images or not videos:
        parts.append(_counted(images, "image"))
    if videos:
        parts.append(f"{_counted(videos, 'video')} of {_counted(in_videos, 'frame')}")
    known = {info.sequence for info in infos}
    sequences = {name for name in project.frames["sequence"] if isinstance(name, str)} - known
    if sequences:
        parts.append(_counted(len(sequences), "image sequence"))
    unreadable = sum(info.status is ImageStatus.UNREADABLE for info in infos)
    if unreadable:
        parts.append(f"{unreadable:,} of them unreadable")
    return ", ".join(parts)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
