"""Predictions and labels straight from a program: a training or inference loop writes them as it goes.

They go the way of every import: joined with the frames and classes of the project, judged row by row, reported, sorted,
and published whole as a new version of the named set, or not at all. What is written goes to disk as it comes, so that
memory does not grow with it::

    with PredictionWriter(project, "epoch_3", box_format="xyxy", units="pixels") as writer:
        for images, names in loader:
            for name, found in zip(names, model(images)):
                writer.add_batch(name, classes=found["labels"], confidences=found["scores"], boxes=found["boxes"])
    print(writer.result.report.imported)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from predscope.errors import InputError
from predscope.formats.base import BoxFormat
from predscope.importing.corrections import Corrections, Units
from predscope.media import Progress
from predscope.project import Project
from predscope.schema import DeclaredFrame
from predscope.writing.arrays import as_scalar
from predscope.writing.calls import Many, One
from predscope.writing.object_writer import ClassMap, ObjectWriter
from predscope.writing.references import frame_reference


class PredictionWriter(ObjectWriter):
    """Writes predictions into a new version of a prediction set, from a training or inference loop.

    A context manager: the end of the block publishes, and an exception inside it (a ``Ctrl-C`` too) leaves nothing
    behind. Without a block, call ``publish`` or ``discard``. A writer to which nothing was given publishes an empty
    set: a model that finds nothing is a result, and the report says ``no_objects``.

    What the four numbers of a box are, and whether coordinates are pixels, is stated, here or in each call, and never
    guessed. Rows that cannot be used (NaN, outside of their frame, a confidence of 1.7) end in the report, with frame
    and index, and the others are imported. A call whose arguments do not fit together raises ``InputError`` at once.

    Arrays may be of NumPy, PyTorch (on any device, with or without gradients), TensorFlow, JAX or CuPy, or lists. They
    are copied, and left as they are.

    Several threads may use one writer: their calls are made one after the other. Several processes may not. Several
    writers, in one process or in many, may write into one project at the same time, also into a set of the same name,
    which then gets one version after the other.

    Args:
        project: the project, or its folder.
        name: of the prediction set; it gets a new version.
        box_format: "xyxy" (two corners), "xywh" (left, top, width, height) or "cxcywh" (centre and size), of all calls
            that state none of their own.
        units: "pixels" of the frame as displayed, or "relative": fractions of its width and height; likewise.
        class_map: the names of the model's classes, as a list by index or a mapping by number, ``{0: "person"}``; or
            any map of classes of the project and of the model, see ``importing.class_map``. Without it numbers are the
            ids that the labels file gave the classes.
        corrections: see ``importing.Corrections``; box format and units are stated instead.
        strict: publish nothing if a single row is rejected.
        progress: True: a line on the terminal while it takes long; or a function that is told rows done, rows in all
            (0: not known), and what is being done.
        source: where the version comes from, as people will see it.

    Raises:
        InputError: an argument is none of its choices.
        ProjectError: there is no project, or it cannot be written.
    """

    def __init__(
        self,
        project: Project | Path | str,
        name: str = "predictions",
        *,
        box_format: BoxFormat | None = None,
        units: Units | None = None,
        class_map: ClassMap | None = None,
        corrections: Corrections | None = None,
        strict: bool = False,
        progress: bool | Progress = False,
        source: str = "",
    ) -> None:
        super().__init__(
            "predictions", project, name, box_format, units, class_map, corrections, strict, progress, source
        )

    def add(
        self,
        frame: Any,
        class_: Any,
        confidence: Any,
        *,
        box: Any = None,
        box_format: BoxFormat | None = None,
        units: Units | None = None,
        mask: Any = None,
        polygon: Any = None,
        keypoints: Any = None,
        class_scores: Any = None,
        track_id: Any = None,
        attributes: dict[str, Any] | None = None,
    ) -> None:
        """Add one prediction. With no box and no shape it is a classification of the whole frame.

        Args:
            frame: the frame: its file name, stem, frame id or data_hash (str), the id that the labels gave it (int), or
                ``(video, frame number)``.
            class_: its class: a name or hash (str), or an id (int), see ``class_map``.
            confidence: 0..1.
            box: four numbers in ``box_format`` and ``units``. May be left out where there is a shape.
            box_format, units: instead of those of the writer.
            mask: (height, width) of the frame's size: booleans, 0 and 1, or 0 and 255; or COCO run lengths.
            polygon: points (k, 2), flat x0, y0, x1, y1, ..., or a list of such rings, each a part of its own; or a list
                of parts, each a list of an outer ring and its holes. In ``units``.
            keypoints: (k, 2): x, y, or (k, 3) with v: 0 not there, 1 hidden, 2 visible. In ``units``.
            class_scores: a probability for each class: of the list in ``class_map``, else of the project.
            track_id: what is the same object in the frames of a sequence.
            attributes: whatever else there is to say, as JSON values.

        Raises:
            InputError: the arguments do not fit together, or lack a statement that they need.
        """
        one = One(
            frame,
            class_,
            confidence,
            box=box,
            mask=mask,
            polygon=polygon,
            keypoints=keypoints,
            class_scores=class_scores,
            track_id=track_id,
            attributes=attributes,
        )
        self._add(one, self._stated.over(box_format, units))

    def add_batch(
        self,
        frames: Any,
        *,
        classes: Any,
        confidences: Any,
        boxes: Any = None,
        box_format: BoxFormat | None = None,
        units: Units | None = None,
        masks: Any = None,
        polygons: Any = None,
        keypoints: Any = None,
        class_scores: Any = None,
        track_ids: Any = None,
        attributes: Any = None,
    ) -> None:
        """Add n predictions; all arguments as those of ``add``, with n entries.

        Args:
            frames: one frame for all of them, or a list or array of n.
            classes, confidences: (n,).
            boxes: (n, 4).
            masks: (n, height, width), or a list of n, also of run lengths.
            polygons: a list of n; None for those that have but a box.
            keypoints: (n, k, 2 or 3).
            class_scores: (n, classes).
            track_ids, attributes: n entries.

        Raises:
            InputError: as ``add``.
        """
        many = Many(
            frames,
            classes,
            confidences,
            boxes=boxes,
            masks=masks,
            polygons=polygons,
            keypoints=keypoints,
            class_scores=class_scores,
            track_ids=track_ids,
            attributes=attributes,
        )
        self._add_batch(many, self._stated.over(box_format, units))


class LabelWriter(ObjectWriter):
    """Writes labels into a new version of a label set; as ``PredictionWriter``, but for the confidence.

    Frames that the project does not know become new ones: with their picture where the project's images folder has one
    of that name, else without; say with ``add_frame`` how large those are, as coordinates cannot be judged, nor
    fractions be read, without a size. Classes that the project does not know become new ones too.
    """

    def __init__(
        self,
        project: Project | Path | str,
        name: str = "labels",
        *,
        box_format: BoxFormat | None = None,
        units: Units | None = None,
        class_map: ClassMap | None = None,
        corrections: Corrections | None = None,
        strict: bool = False,
        progress: bool | Progress = False,
        source: str = "",
    ) -> None:
        super().__init__("labels", project, name, box_format, units, class_map, corrections, strict, progress, source)

    def add_frame(self, frame: Any, *, width: int | None = None, height: int | None = None) -> None:
        """Add a frame, also one without objects, before its objects are added.

        Args:
            frame: as in ``add``.
            width, height: pixels as displayed, where its image is not at hand; that of an image holds otherwise.

        Raises:
            InputError: only one of the two is given, or they are no sizes.
        """
        reference = frame_reference(frame)
        if (width is None) != (height is None):
            raise InputError(f"the frame {reference} has only one of width and height.", fix="Give both, or neither.")
        source_id = str(reference) if isinstance(reference, int) else None
        self._declare(DeclaredFrame(str(reference), source_id, _side_of(width), _side_of(height)))

    def add(
        self,
        frame: Any,
        class_: Any,
        *,
        box: Any = None,
        box_format: BoxFormat | None = None,
        units: Units | None = None,
        mask: Any = None,
        polygon: Any = None,
        keypoints: Any = None,
        track_id: Any = None,
        is_crowd: bool = False,
        is_ignored: bool = False,
        attributes: dict[str, Any] | None = None,
    ) -> None:
        """Add one label; ``is_crowd``: a region of many objects, as in COCO; ``is_ignored``: as VOC's "difficult"."""
        one = One(
            frame,
            class_,
            box=box,
            mask=mask,
            polygon=polygon,
            keypoints=keypoints,
            track_id=track_id,
            attributes=attributes,
            is_crowd=is_crowd,
            is_ignored=is_ignored,
        )
        self._add(one, self._stated.over(box_format, units))

    def add_batch(
        self,
        frames: Any,
        *,
        classes: Any,
        boxes: Any = None,
        box_format: BoxFormat | None = None,
        units: Units | None = None,
        masks: Any = None,
        polygons: Any = None,
        keypoints: Any = None,
        track_ids: Any = None,
        is_crowd: Any = None,
        is_ignored: Any = None,
        attributes: Any = None,
    ) -> None:
        """Add n labels; all arguments as those of ``add``, with n entries, ``frames`` one or n."""
        many = Many(
            frames,
            classes,
            boxes=boxes,
            masks=masks,
            polygons=polygons,
            keypoints=keypoints,
            track_ids=track_ids,
            attributes=attributes,
            is_crowd=is_crowd,
            is_ignored=is_ignored,
        )
        self._add_batch(many, self._stated.over(box_format, units))


def _side_of(value: Any) -> int | None:
    """Width or height in pixels.

    Raises:
        InputError: it is none.
    """
    if value is None:
        return None
    side = as_scalar(value)
    if isinstance(side, bool) or not isinstance(side, int) or not 0 < side < 2**31:
        raise InputError(f"the width and height of a frame must be whole numbers above 0, got {value!r}.")
    return side
