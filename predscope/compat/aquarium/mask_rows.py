"""Masks of scripts as regions and instances, with a word in the report about every pixel value that is neither."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from predscope.compat.aquarium.class_plan import ClassPlan
from predscope.compat.aquarium.label_set import LabelSet
from predscope.compat.aquarium.locations import Locations, without_query
from predscope.compat.aquarium.packed_mask import PackedMask, stretched
from predscope.formats.base import PixelMap
from predscope.formats.masks.components import MaskRegions, encode_regions, find_regions
from predscope.formats.masks.reader import VOID, UnusableMask, read_mask
from predscope.report import ImportReport, Severity
from predscope.schema import Role

MOST_VALUES: Final = 4096
"""Different values in a mask; a picture with more is a photograph."""


class MaskReader:
    """Reads the masks of one upload.

    Args:
        plan: which class a pixel value of semantic masks is.
        locations: finds mask files.
        sizes: width and height of frames by key, where known; masks to be stretched get them.
        role: inferences of masks have no confidence, of which the report has a word.
        on_size: called with key, width and height of masks of frames whose size is not known.

    Attributes:
        pixel_maps: of the semantic masks read so far.
    """

    def __init__(
        self,
        plan: ClassPlan,
        locations: Locations,
        sizes: Mapping[str, tuple[int, int]],
        role: Role,
        report: ImportReport,
        on_size: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self._plan = plan
        self._locations = locations
        self._sizes = sizes
        self._role: Role = role
        self._report = report
        self._on_size = on_size
        self.pixel_maps: list[PixelMap] = []

    def regions(
        self, label: dict[str, Any], key: str, place: str
    ) -> tuple[MaskRegions, tuple[int, int], dict[int, str]] | None:
        """The connected regions of every class of a semantic mask, height and width, and names of its values."""
        pixels = self.pixels(label, key, place)
        if pixels is None:
            return None
        present = np.unique(pixels).tolist()
        names = {value: self._plan.name_of_id(value) for value in present}
        unnamed = [value for value, name in names.items() if name is None and value not in (0, VOID)]
        if unnamed:
            self._report.reject(
                "pixel_value_unknown",
                "Pixels have values that are the class_id of no class; they count as nothing.",
                count=len(unnamed),
                examples=[f"{place}: {value}" for value in unnamed[:5]],
                fix="Add the classes to the class map.",
            )
        height, width = pixels.shape
        is_void = np.isin(pixels, [value for value, name in names.items() if name is None and value != 0])
        void = encode_regions(is_void.astype(np.int32), 1)[0] if is_void.any() else None
        self.pixel_maps.append(PixelMap(key, height, width, void))
        known = {value: name for value, name in names.items() if name is not None}
        return find_regions(pixels, list(known)), (height, width), known

    def instances(
        self, label: dict[str, Any], key: str, place: str
    ) -> Iterator[tuple[dict[str, Any], bytes, tuple[int, int]]]:
        """Each instance of a mask with its run lengths, however many parts it has, and height and width."""
        pixels = self.pixels(label, key, place)
        if pixels is None:
            return
        instances: list[dict[str, Any]] = label["attributes"]["instances"]
        number_of = {instance["id"]: number for number, instance in enumerate(instances, 1)}
        present, inverse = np.unique(pixels, return_inverse=True)
        numbers = np.array([number_of.get(value, 0) for value in present.tolist()], np.int32)
        unmapped = [value for value in present.tolist() if value != 0 and value not in number_of]
        if unmapped:
            self._report.reject(
                "instance_unknown",
                "Pixels have values that are the id of no instance of instance_mapping.",
                count=len(unmapped),
                examples=[f"{place}: {value}" for value in unmapped[:5]],
                fix="List every instance of the mask in instance_mapping.",
            )
        counts = encode_regions(numbers[inverse].reshape(pixels.shape), len(instances))
        seen = set(present.tolist())
        for instance, run_lengths in zip(instances, counts, strict=True):
            if instance["id"] in seen:
                yield instance, run_lengths, (pixels.shape[0], pixels.shape[1])
            else:
                self._report.reject(
                    "instance_empty",
                    "Instances of instance_mapping have no pixel in their mask.",
                    examples=[f"{place}, instance {instance['id']} ({instance['classification']})"],
                )

    def pixels(self, label: dict[str, Any], key: str, place: str) -> np.ndarray | None:
        """Pixel values, int32 (height, width), stretched where that is asked for; None where they cannot be had."""
        attributes = label["attributes"]
        mask = attributes.get("mask")
        try:
            pixels = mask.pixels() if isinstance(mask, PackedMask) else self._read(attributes["url"])
            if len(np.unique(pixels)) > MOST_VALUES:
                raise UnusableMask("it has as many different values as a photograph")
        except UnusableMask as error:
            self._report.reject(
                "mask_unusable",
                "Masks cannot be used.",
                examples=[f"{place}: {error}"],
                fix="Give a PNG with one number a pixel (grey or palette), or mask_data.",
            )
            return None
        if self._role == "predictions":
            self._report.note(
                "confidence_assumed",
                Severity.INFO,
                "Masks have no confidence; 1.0 was taken for what is in them.",
                examples=[place],
            )
        size = self._sizes.get(key)
        if attributes.get("resize_mode") == "fill" and size is not None and size != pixels.shape[::-1]:
            pixels = stretched(pixels, size[1], size[0])
        elif size is None and self._on_size is not None:
            self._on_size(key, pixels.shape[1], pixels.shape[0])
        return pixels

    def _read(self, address: str) -> np.ndarray:
        path = self._locations.find(address)
        if path is None:
            raise UnusableMask(f"{without_query(address)} stands for no folder (see PREDSCOPE_URL_MAP)")
        if not path.is_file():
            raise UnusableMask(f"there is no file {path}")
        pixels = read_mask(path)
        if pixels.size and (pixels.min() < 0 or pixels.max() > np.iinfo(np.int32).max):
            raise UnusableMask("its values are not numbers from 0 to 2^31")
        return pixels.astype(np.int32)


def pixel_values_of(sets: Iterable[LabelSet], locations: Locations) -> set[int]:
    """The values that occur in semantic masks that can be read, for a class map to be made of them."""
    reader = MaskReader(ClassPlan({}), locations, {}, "labels", ImportReport())
    found: set[int] = set()
    for labels in sets:
        for label in labels.label_data:
            if label["label_type"] == "SEMANTIC_LABEL_2D":
                pixels = reader.pixels(label, labels.frame_id, labels.frame_id)
                found.update([] if pixels is None else np.unique(pixels).tolist())
    return found - {VOID}
