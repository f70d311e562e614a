"""What the user tells an import about the files, where the files do not say it or say it wrongly.

The import never guesses these: it finds that something is likely (see ``report.Problem.correction``) and offers the
correction, which is then given as a flag, an argument or a click.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from predscope.errors import InputError
from predscope.formats.base import BoxFormat
from predscope.importing.network_input import NETWORK_FITS, NetworkFit, NetworkInput

Units = Literal["pixels", "relative"]
ConfidenceScale = Literal["fraction", "percent", "logit", "unbounded"]
ClassIds = Literal["ids", "index", "sorted", "coco80", "coco91"]

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "box_format": ("xywh", "xyxy", "cxcywh"),
    "units": ("pixels", "relative"),
    "network_fit": NETWORK_FITS,
    "class_ids": ("ids", "index", "sorted", "coco80", "coco91"),
    "confidence_scale": ("fraction", "percent", "logit", "unbounded"),
}

MAX_CLASS_OFFSET: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Corrections:
    """How to take the rows of an input. Everything that is None, zero or False is taken as the format says.

    Attributes:
        box_format: what the four numbers of a box are: x, y, width, height; x1, y1, x2, y2; or the centre and the size.
        units: of coordinates: pixels, or fractions of the frame's size.
        swap_xy: x and y, and width and height, stand in each other's place.
        rescale: coordinates and masks that were made for frames of another size are scaled to the frames. The other
            size is the one that the labels give, or that of the mask itself.
        network_input: coordinates are pixels of a network's input of this size, ``"640x384"`` (width first; ``"640"``
            is a square), and are brought back to those of the frames; so are masks of that size. With relative units
            they are fractions of that input.
        network_fit: how the frames were brought to that size, see ``network_input.NetworkInput``; None: stretched.
        class_ids: what the numeric class ids of predictions are: ids as the labels give them; positions in the list
            of classes, or in that list sorted by name; numbers in the list of COCO's 80 classes, each counted from 0
            (from 1 with a ``class_offset`` of -1); or COCO's own ids, of 1 to 90.
        class_offset: added to the numeric class ids that stand in the file.
        confidence_scale: of confidences: 0..1, 0..100, logits, or scores from 0 without an end, of which s becomes
            s / (1 + s).
        merge_alike_classes: class names that differ only in case, plural or separators are one class.
        drop_duplicates: of objects that are copies of each other in all they say, only the first is imported.
    """

    box_format: BoxFormat | None = None
    units: Units | None = None
    swap_xy: bool = False
    rescale: bool = False
    network_input: str | None = None
    network_fit: NetworkFit | None = None
    class_ids: ClassIds | None = None
    class_offset: int = 0
    confidence_scale: ConfidenceScale | None = None
    merge_alike_classes: bool = False
    drop_duplicates: bool = False

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise InputError(f"{name} must be one of {', '.join(choices)}, got {value!r}.", where=flag_of(name))
        offset = self.class_offset
        if not isinstance(offset, int) or abs(offset) > MAX_CLASS_OFFSET:
            raise InputError(
                f"class_offset must be a whole number up to {MAX_CLASS_OFFSET:,}, got {offset!r}.",
                where=flag_of("class_offset"),
            )
        if self.network_input is not None:
            NetworkInput.parse(self.network_input)

    @property
    def network(self) -> NetworkInput | None:
        """The network's input that coordinates are pixels of; None: they are those of the frames."""
        return None if self.network_input is None else NetworkInput.parse(self.network_input, self.network_fit)

    def of_labels(self) -> Corrections:
        """What concerns the labels too, where labels and predictions are given together."""
        return Corrections(rescale=self.rescale)

    def flags(self) -> list[str]:
        """The same as flags of the command line, e.g. ``["--box-format", "xyxy"]``."""
        texts: list[str] = []
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value is True:
                texts.append(flag_of(entry.name))
            elif value not in (None, False, 0):
                texts += [flag_of(entry.name), str(value)]
        return texts

    def changed(self, correction: Mapping[str, Any]) -> Corrections:
        """A copy with what a finding offers."""
        return Corrections(**{entry.name: getattr(self, entry.name) for entry in fields(self)} | dict(correction))


def flag_of(name: str) -> str:
    """The command-line flag of a field, e.g. ``--box-format``."""
    return "--" + name.replace("_", "-")
