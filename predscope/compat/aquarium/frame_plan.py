"""The frames of an upload as changes to those of the Predscope project."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson

from predscope.compat.aquarium.frame_images import (
    LINKS_NAME,
    FoundImages,
    FrameImage,
    choose_root,
    linked_into,
    sensor_attribute,
    sensor_key,
)
from predscope.media import scan_images
from predscope.project import Project
from predscope.project.frames import FrameDraft
from predscope.schema import ImageStatus

FRAME_ATTRIBUTE: Final = "aquarium_frame"
"""Attribute of the frames of one frame with several images: its id."""
SENSOR_ATTRIBUTE: Final = "sensor"


class FramePlan:
    """New and changed frames, and the images folder that they need.

    Args:
        project: of the data set.
        found: the frames of the upload with their images.

    Attributes:
        draft: the frames as they would become.
        images_root: the images folder; None: the project has and needs none.
        is_linked: the images lie in no folder in common and were linked into the project.
    """

    def __init__(self, project: Project, found: FoundImages) -> None:
        self.draft = FrameDraft(project.frames_table)
        self.is_linked = False
        paths = {image.path for image in found.images if image.path is not None}
        self.images_root = self._settle_root(project, paths)
        names = self._names(project, paths)
        shown = {image.key: names[image.path] for image in found.images if image.path is not None}
        infos = [] if self.images_root is None else scan_images(self.images_root, list(shown.values()))
        info_of = dict(zip(shown, infos, strict=True))
        known = FrameLookup.of(self.draft)
        for image in found.images:
            info = info_of.get(image.key)
            # A change that brings no image is one of all images that the frame has.
            keys = known.keys(image.frame.frame_id) if image.address is None else []
            for key in keys or [image.key]:
                index = self._place(replace(image, key=key), None if info is None else info.path)
                if info is not None:
                    self.draft.set_image(index, info)

    def known_sizes(self) -> dict[str, tuple[int, int]]:
        """Width and height by frame id, where they are known."""
        columns = (self.draft.column(name) for name in ("frame_id", "width", "height"))
        return {key: (width, height) for key, width, height in zip(*columns, strict=True) if width and height}

    def set_size(self, key: str, width: int, height: int) -> None:
        """Say how large a frame is of which nothing else tells it."""
        index = self.draft.index_of(key)
        if index is not None:
            self.draft.set(index, "width", width)
            self.draft.set(index, "height", height)

    def _settle_root(self, project: Project, paths: set[Path]) -> Path | None:
        known = project.images_root
        if not paths:
            return known
        root = choose_root(paths, known)
        if root is None:
            self.is_linked = True
            root = project.path / LINKS_NAME
        if known is not None and root != known:
            self._rebase(known, root)
        return root

    def _rebase(self, known: Path, root: Path) -> None:
        """Say where the images of earlier frames are in the new images folder."""
        earlier = [path for path in self.draft.column("image_path") if path is not None]
        if self.is_linked:
            placed = linked_into(root, [known / path for path in earlier])
            new = {path: placed[known / path].relative_to(root).as_posix() for path in earlier}
        else:
            new = {path: Path(os.path.relpath(known / path, root)).as_posix() for path in earlier}
        for index, path in enumerate(list(self.draft.column("image_path"))):
            if path is not None:
                self.draft.set(index, "image_path", new[path])

    def _names(self, project: Project, paths: set[Path]) -> dict[Path, str]:
        root = self.images_root
        if root is None:
            return {}
        placed = linked_into(root, sorted(paths)) if self.is_linked else {path: path for path in paths}
        return {path: place.relative_to(root).as_posix() for path, place in placed.items()}

    def _place(self, image: FrameImage, image_path: str | None) -> int:
        """The index of a frame, which is added if it is new; what the script says of it is kept."""
        draft, frame = self.draft, image.frame
        index = draft.index_of(image.key)
        if index is None:
            index = draft.add(
                {
                    "frame_id": image.key,
                    "file_name": image_path or image.address or frame.frame_id,
                    "image_status": str(ImageStatus.MISSING),
                }
            )
        attributes = _attributes(image)
        if frame.update_type == "MODIFY" or image.address is None:
            earlier = draft.value(index, "attributes")
            attributes = (orjson.loads(earlier) if earlier else {}) | attributes
        draft.set(index, "attributes", orjson.dumps(attributes, default=str).decode() if attributes else None)
        if image_path is None and image.size is not None:
            draft.set(index, "width", image.size[0])
            draft.set(index, "height", image.size[1])
        return index


class FrameLookup:
    """The frames of a Predscope project, by the frame id and the sensor of a script."""

    def __init__(self, frame_ids: Iterable[str], attributes: Iterable[str | None]) -> None:
        self._keys: dict[str, dict[str, str]] = {}
        for key, text in zip(frame_ids, attributes, strict=True):
            record: dict[str, Any] = {}
            if text is not None and FRAME_ATTRIBUTE in text:
                record = orjson.loads(text)
            frame_id = record.get(FRAME_ATTRIBUTE, key)
            self._keys.setdefault(frame_id, {})[str(record.get(SENSOR_ATTRIBUTE, ""))] = key

    @classmethod
    def of(cls, draft: FrameDraft) -> FrameLookup:
        return cls(draft.column("frame_id"), draft.column("attributes"))

    @classmethod
    def of_project(cls, project: Project) -> FrameLookup:
        return cls(*(project.frames_table[name].to_pylist() for name in ("frame_id", "attributes")))

    @property
    def frame_ids(self) -> list[str]:
        """Of the script's frames."""
        return list(self._keys)

    def __contains__(self, frame_id: str) -> bool:
        return frame_id in self._keys

    def keys(self, frame_id: str) -> list[str]:
        """The frames of the project that a frame of the script has become."""
        return list(self._keys.get(frame_id, {}).values())

    def key(self, frame_id: str, sensor_id: str) -> str:
        """The frame of a label. Of a frame with one image it is that one, whatever the sensor.

        Of a sensor that a frame with several images does not have, it is a name that no frame has.
        """
        keys = self._keys.get(frame_id)
        if keys is None:
            return frame_id
        if len(keys) == 1:
            return next(iter(keys.values()))
        return keys.get(sensor_id, sensor_key(frame_id, sensor_id))


def _attributes(image: FrameImage) -> dict[str, Any]:
    attributes = sensor_attribute(image) | image.frame.attributes()
    if image.key != image.frame.frame_id and image.sensor_id is not None:
        attributes |= {FRAME_ATTRIBUTE: image.frame.frame_id, SENSOR_ATTRIBUTE: image.sensor_id}
    return attributes
