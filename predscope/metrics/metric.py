"""What a metric is: a named measurement of frames or of objects, and the function that takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, get_args

from predscope.errors import InputError
from predscope.schema import Role

Needs = Literal["pixels", "objects", "outcomes", "embeddings", "sequence", "values"]
"""What the function of a metric is given; ``registry.metric`` says what each is, and what is expected back."""
HigherIs = Literal["", "good", "bad"]

MAX_NAME_LENGTH: Final = 80


class MeasuredOn(StrEnum):
    """What a metric is a number of."""

    FRAME = "frame"
    """An image, or one frame of a video."""
    OBJECT = "object"
    """A label or a prediction, measured alike."""
    LABEL = "label"
    """A label only."""
    PREDICTION = "prediction"
    """A prediction only."""

    def covers(self, role: Role | None) -> bool:
        """Whether such a metric is one of frames (None), of labels or of predictions."""
        return role in _ROLES[self]


_ROLES: Final[dict[MeasuredOn, tuple[Role | None, ...]]] = {
    MeasuredOn.FRAME: (None,),
    MeasuredOn.OBJECT: ("labels", "predictions"),
    MeasuredOn.LABEL: ("labels",),
    MeasuredOn.PREDICTION: ("predictions",),
}


@dataclass(frozen=True)
class Metric:
    """A measurement, described.

    Attributes:
        name: short and stable, as links and files spell it: ``brightness``.
        title: for people: ``Brightness``.
        measured_on: frames, or labels, predictions or both.
        unit: "" for shares and scores, else "px", "px²", "%", ...
        range: lowest and highest value there can be; None: open.
        version: another one makes kept values out of date.
        definition: one or two sentences: how it is computed, and what high and low values look like.
        higher_is: "good" or "bad" for the data or the model; "" where it is neither.
        is_categorical: values are names, not numbers.
        is_integer: values are whole numbers: counts, and yes (1) or no (0).
        needs: what ``compute`` is given.
        of_role: for a metric of frames that looks at the objects on them: which.
        features: of which features the function is given vectors; the user's own embeddings replace the first.
        compute: the function; None for values that somebody else has measured.
    """

    name: str
    title: str
    measured_on: MeasuredOn
    unit: str = ""
    range: tuple[float, float] | None = None
    version: int = 1
    definition: str = ""
    higher_is: HigherIs = ""
    is_categorical: bool = False
    is_integer: bool = False
    needs: Needs = "values"
    of_role: Role | None = None
    features: tuple[str, ...] = ()
    compute: Callable[..., Any] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Raises: InputError: it could not be told apart, or not be computed."""
        if not self.name or len(self.name) > MAX_NAME_LENGTH or not self.name.isprintable():
            raise InputError(
                f"the name of a metric must be 1 to {MAX_NAME_LENGTH} printable characters, got {self.name[:40]!r}."
            )
        for what, value, allowed in (
            ("measured_on", self.measured_on, tuple(MeasuredOn)),
            ("needs", self.needs, get_args(Needs)),
            ("higher_is", self.higher_is, get_args(HigherIs)),
        ):
            if value not in allowed:
                names = ", ".join(repr(str(name)) for name in allowed)
                raise InputError(f"{what} must be one of {names}, got {value!r}.", where=f"metric {self.name!r}")
        if self.range is not None and not self.range[0] < self.range[1]:
            raise InputError(f"the range must rise, got {self.range}.", where=f"metric {self.name!r}")
        object.__setattr__(self, "measured_on", MeasuredOn(self.measured_on))  # also given as plain text

    @property
    def key(self) -> str:
        """Name and version: what computed values are kept under."""
        return f"{self.name}@{self.version}"

    @property
    def phrase(self) -> str:
        """The title as it stands inside a sentence: "mean confidence", but "F1" and "IoU with match"."""
        first, _, rest = self.title.partition(" ")
        return (
            self.title
            if any(letter.isupper() or letter.isdigit() for letter in first[1:])
            else (f"{first.lower()} {rest}".rstrip())
        )

    def to_json(self) -> dict[str, Any]:
        """Everything but the function."""
        return {
            "name": self.name,
            "title": self.title,
            "measured_on": str(self.measured_on),
            "unit": self.unit,
            "range": None if self.range is None else list(self.range),
            "version": self.version,
            "definition": self.definition,
            "higher_is": self.higher_is,
            "is_categorical": self.is_categorical,
            "is_integer": self.is_integer,
            "needs": self.needs,
            "of_role": self.of_role,
            "features": list(self.features),
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Metric:
        limits = record.get("range")
        given = None if limits is None else (float(limits[0]), float(limits[1]))
        return cls(**{**record, "range": given, "features": tuple(record.get("features", ()))})
