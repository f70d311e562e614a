"""Collections of frames as scripts make them, in both generations of the client.

The two share the name ``LabeledDataset``: made with a client and names it is one of the later generation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from predscope.compat.aquarium.frame_facts import GeoData, UserMetadataEntry
from predscope.compat.aquarium.frames import InferenceFrame, InferencesFrame, LabeledFrame
from predscope.compat.aquarium.inferences import Inference
from predscope.compat.aquarium.labels import Label
from predscope.compat.aquarium.sensor_data import SensorData
from predscope.compat.aquarium.values import identifier, place_of
from predscope.errors import InputError

_Frame = TypeVar("_Frame", LabeledFrame, InferencesFrame)
PIPELINE_MODES = ("STREAMING", "BATCH")


class FrameCollection(Generic[_Frame]):
    """Frames in the order in which they were added, each id once.

    Attributes:
        frames: by id.
        deleted_frame_ids: frames that are to be taken out of what was uploaded before.
        external_metadata: what the user says of the whole.
    """

    _frame_type: type[_Frame]

    def __init__(self, external_metadata: Mapping[str, Any] | None = None) -> None:
        self.frames: dict[str, _Frame] = {}
        self.deleted_frame_ids: list[str] = []
        self.external_metadata = None if external_metadata is None else dict(external_metadata)

    def add_frame(self, frame: _Frame) -> None:
        """Add a frame.

        Raises:
            InputError: it is none, or there is one of its id.
        """
        if not isinstance(frame, self._frame_type):
            raise InputError(
                f"expected a {self._frame_type.__name__}, got {type(frame).__name__}.", where=type(self).__name__
            )
        if frame.frame_id in self.frames:
            raise InputError(
                "there is a frame of this id already.",
                where=place_of(frame.frame_id),
                fix="Add each frame once, with all that it has.",
            )
        self.frames[frame.frame_id] = frame

    def delete_frame(self, frame_id: str) -> None:
        """Take a frame out, of this collection and of what was uploaded under its name before."""
        name = identifier(frame_id, "frame_id")
        self.frames.pop(name, None)
        self.deleted_frame_ids.append(name)

    def __len__(self) -> int:
        return len(self.frames)


class LabeledDataset(FrameCollection[LabeledFrame]):
    """Frames with their labels.

    Args:
        client, name, project_name: (later generation) where it belongs; made by ``Client.initialize_labeled_dataset``.
        frame_embedding_model, label_embedding_model, is_anon_mode: accepted.
        external_metadata: what the user says of it.
        pipeline_mode: accepted; frames are imported at once.
    """

    _frame_type = LabeledFrame

    def __init__(
        self,
        client: Any = None,
        name: str | None = None,
        project_name: str | None = None,
        frame_embedding_model: str | None = None,
        label_embedding_model: str | None = None,
        external_metadata: Mapping[str, Any] | None = None,
        is_anon_mode: bool = False,
        *,
        pipeline_mode: str = "STREAMING",
    ) -> None:
        super().__init__(external_metadata)
        if pipeline_mode not in PIPELINE_MODES:
            raise InputError(
                f"pipeline_mode must be one of {', '.join(PIPELINE_MODES)}, got {pipeline_mode!r}.",
                where="LabeledDataset",
            )
        if client is not None and (name is None or project_name is None):
            raise TypeError("a LabeledDataset with a client needs a name and a project_name")
        self.name = name
        self.project_name = project_name
        self.pipeline_mode = pipeline_mode

    @property
    def id(self) -> str | None:
        return self.name

    def create_and_add_labeled_frame(
        self,
        *,
        frame_id: str,
        sensor_data: Iterable[SensorData],
        labels: Iterable[Label],
        coordinate_frames: Iterable[Any] | None = None,
        device_id: str | None = None,
        date_captured: str | None = None,
        geo_data: GeoData | None = None,
        user_metadata: Iterable[UserMetadataEntry] | None = None,
        embedding: Any = None,
    ) -> LabeledFrame:
        """(Later generation) make a frame with all that it has, and add it."""
        return LabeledFrame(
            dataset=self,
            frame_id=frame_id,
            sensor_data=sensor_data,
            labels=labels,
            coordinate_frames=coordinate_frames,
            device_id=device_id,
            date_captured=date_captured,
            geo_data=geo_data,
            user_metadata=user_metadata,
            embedding=embedding,
        )

    def create_and_add_modified_labeled_frame(
        self,
        *,
        frame_id: str,
        sensor_data: Iterable[SensorData] | None = None,
        labels: Iterable[Label] | None = None,
        **facts: Any,
    ) -> LabeledFrame:
        """(Later generation) change a frame that was uploaded before; labels of the same id are replaced."""
        return LabeledFrame(
            dataset=self, frame_id=frame_id, sensor_data=sensor_data, labels=labels, update_type="MODIFY", **facts
        )


class Inferences(FrameCollection[InferencesFrame]):
    """What a model has predicted on the frames of a data set."""

    _frame_type = InferencesFrame

    def __init__(self) -> None:
        super().__init__()


class InferenceSet(FrameCollection[InferencesFrame]):
    """(Later generation) what a model has predicted; made by ``Client.initialize_inference_set``.

    Args:
        name: of the inference set.
        project_name, base_dataset_name: where the labelled frames are.
        frame_embedding_model, inference_embedding_model, is_anon_mode: accepted.
        external_metadata: what the user says of it.
    """

    _frame_type = InferencesFrame

    def __init__(
        self,
        client: Any,
        name: str,
        project_name: str,
        base_dataset_name: str,
        frame_embedding_model: str | None = None,
        inference_embedding_model: str | None = None,
        external_metadata: Mapping[str, Any] | None = None,
        is_anon_mode: bool = False,
    ) -> None:
        super().__init__(external_metadata)
        self.name = name
        self.project_name = project_name
        self.base_dataset_name = base_dataset_name

    @property
    def id(self) -> str:
        return self.name

    def create_and_add_inference_frame(
        self,
        *,
        frame_id: str,
        inferences: Iterable[Inference],
        user_metadata: Iterable[UserMetadataEntry] | None = None,
        custom_metrics: Mapping[str, Any] | None = None,
        embedding: Any = None,
    ) -> InferenceFrame:
        """Make a frame with all that it has, and add it."""
        return InferenceFrame(
            inference_set=self,
            frame_id=frame_id,
            inferences=inferences,
            user_metadata=user_metadata,
            custom_metrics=custom_metrics,
            embedding=embedding,
        )
