"""How many frames are listed of videos of which a file says no more than their length.

A few numbers must not unfold to more frames than fit into memory.
"""

from __future__ import annotations

from typing import Final

from predscope.report import ImportReport, Severity

_MAX_OF_VIDEO: Final = 200_000
_MAX_OF_FILE: Final = 2_000_000


def most_listed(listed: int) -> int:
    """How many frames of a video may be listed, 1 at least, behind so many of other videos of the file."""
    return min(_MAX_OF_VIDEO, max(_MAX_OF_FILE - listed, 1))


def listed_length(video: str, length: int, listed: int, report: ImportReport) -> int:
    """How many of a video's first frames are listed; that others are not is noted.

    Args:
        video: its name.
        length: frames that it has, as the file says.
        listed: frames that the file has listed before.
        report: gets the note.
    """
    most = most_listed(listed)
    if length > most:
        report.note(
            "video_frames_not_listed",
            Severity.WARNING,
            "Videos are said to be longer than can be listed; of their later frames only those with objects are known.",
            count=length - most,
            examples=[f"{video[:80]}: from frame {most}"],
        )
    return min(length, most)
