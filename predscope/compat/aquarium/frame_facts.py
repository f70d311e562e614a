"""What a frame is said to be: metadata, place, and its embedding; the same for labelled frames and inferences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from predscope.compat.aquarium import values
from predscope.compat.aquarium.values import place_of
from predscope.errors import InputError

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int, np.integer),
    "float": (float, int, np.floating, np.integer),
    "bool": (bool, np.bool_),
}
UPDATE_TYPES: Final = ("ADD", "MODIFY", "DELETE")


class UserMetadataEntry:
    """A value that the user gives a frame.

    Args:
        key: its name.
        val: text, a number, a yes or no, or a list of such.
        val_type: "str", "int", "float" or "bool", where it must not be told by the value (None has no type).
    """

    def __init__(self, key: str, val: Any, val_type: str | None = None) -> None:
        self.key = values.identifier(key, "the key of metadata")
        self.val = _plain(val, f"metadata {self.key!r}")
        self.val_type = val_type
        if val_type is not None and val_type not in _TYPES:
            raise InputError(
                f"val_type must be one of {', '.join(_TYPES)}, got {val_type!r}.", where=f"metadata {self.key!r}"
            )
        entries = self.val if isinstance(self.val, list) else [self.val]
        if val_type is not None:
            for entry in entries:
                if entry is not None and not isinstance(entry, _TYPES[val_type]):
                    raise InputError(f"expected {val_type}, got {entry!r}.", where=f"metadata {self.key!r}")


class GeoData:
    """Where a frame was captured: WGS 84, degrees."""

    def __init__(self, lat: float, lon: float) -> None:
        self.lat = values.number(lat, "latitude", "geo data")
        self.lon = values.number(lon, "longitude", "geo data")
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise InputError(
                f"latitude must be from -90 to 90 and longitude from -180 to 180, got {self.lat:g}, {self.lon:g}.",
                where="geo data",
            )

    def to_dict(self) -> dict[str, float]:
        return {"geo_EPSG4326_lat": self.lat, "geo_EPSG4326_lon": self.lon}


class FrameFacts:
    """Metadata and embedding of a frame.

    Attributes:
        frame_id: what labels and inferences share.
        user_metadata: values by key.
        geo_data: latitude and longitude, if they are known.
        embedding: float32 (d,), if there is one.
        update_type: "ADD" replaces an earlier frame of that id, "MODIFY" changes it, "DELETE" removes it.
    """

    def __init__(self, frame_id: Any, update_type: str = "ADD") -> None:
        self.frame_id = values.identifier(frame_id, "frame_id")
        if update_type not in UPDATE_TYPES:
            raise InputError(
                f"update_type must be one of {', '.join(UPDATE_TYPES)}, got {update_type!r}.",
                where=place_of(self.frame_id),
            )
        self.update_type = update_type
        self.user_metadata: dict[str, Any] = {}
        self.geo_data: dict[str, float] = {}
        self.embedding: np.ndarray | None = None

    def add_user_metadata(self, key: str, val: Any, val_type: str | None = None) -> None:
        """Give the frame a value, to filter and to group by."""
        self._add_metadata(UserMetadataEntry, key, val, val_type)

    def add_user_metadata_list(self, key: str, val: Sequence[Any], val_type: str | None = None, **_: Any) -> None:
        """Give the frame a list of values."""
        self._add_metadata(UserMetadataEntry, key, list(val), val_type)

    def add_geo_latlong_data(self, lat: float, lon: float) -> None:
        """Say where the frame was captured: WGS 84, degrees."""
        try:
            self.geo_data = GeoData(lat, lon).to_dict()
        except InputError as error:
            raise InputError(error.what, where=place_of(self.frame_id)) from None

    def add_frame_embedding(self, *, embedding: Any, model_id: str = "") -> None:
        """Give the frame a vector of at least two numbers."""
        self.embedding = values.vector(embedding, "embedding", place_of(self.frame_id))

    def _add_metadata(self, entry: type[UserMetadataEntry], key: str, val: Any, val_type: str | None) -> None:
        try:
            made = entry(key, val, val_type)
        except InputError as error:
            raise InputError(error.what, where=f"{place_of(self.frame_id)}, {error.where or 'metadata'}") from None
        self.user_metadata[made.key] = made.val

    def attributes(self) -> dict[str, Any]:
        """Metadata and place, as attributes of the frame."""
        place = {"latitude": "geo_EPSG4326_lat", "longitude": "geo_EPSG4326_lon"}
        return self.user_metadata | {name: self.geo_data[key] for name, key in place.items() if key in self.geo_data}


def _plain(value: Any, where: str) -> Any:
    """A value of Python's own types."""
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(entry, where) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return values.number(value, "value", where)
    raise InputError(f"expected text, a number, yes or no, or a list of such, got {value!r}.", where=where)
