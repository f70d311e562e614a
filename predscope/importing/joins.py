"""How the objects of one import meet the frames and classes of the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from predscope.formats.base import ObjectBatch, Reading
from predscope.importing.classes.joining import ClassJoin
from predscope.importing.frames.images_folder import ImagesFolder
from predscope.importing.frames.known import KnownFrames
from predscope.importing.frames.labelled import LabelFrames
from predscope.importing.frames.predicted import PredictionFrames
from predscope.importing.references import distinct_texts
from predscope.importing.rows.judgement import Habits
from predscope.project.frames import FrameDraft
from predscope.schema import DeclaredFrame


@dataclass(frozen=True, slots=True)
class Joins:
    """What was chosen for one import by its first objects; ``habits``: how its rows are to be taken."""

    folder: ImagesFolder
    frames: LabelFrames | PredictionFrames | KnownFrames
    classes: ClassJoin
    habits: Habits


def join_frames(
    draft: FrameDraft,
    reading: Reading,
    sample: list[ObjectBatch],
    folder: ImagesFolder,
    *,
    declared: Sequence[DeclaredFrame],
    rescale: bool,
) -> LabelFrames | PredictionFrames:
    """Meet the frames that a reading speaks of with those of the project.

    Args:
        draft: the project's frames; gets new ones.
        sample: the first objects of the reading.
        folder: the images folder.
        declared: frames of labels that were declared beside those of the reading.
        rescale: (labels) scale coordinates from the sizes that the file gives to those of the images.

    Raises:
        InputError: they do not belong to the frames of the project.
    """
    if reading.role == "labels":
        frames = LabelFrames(
            draft,
            reading.frames,
            reading.report,
            images_root=folder.root,
            rescale=rescale,
            find_new_images=folder.find_new_images,
        )
        frames.declare(declared)
        return frames
    return PredictionFrames(
        draft,
        reading.frames,
        distinct_texts(batch.frame_ref for batch in sample),
        sample[0].frame_ref_is if sample else "id",
        reading.report,
        images_root=folder.root,
        find_new_images=folder.find_new_images,
    )
