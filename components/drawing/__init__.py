"""Drawing code shared by the viewer and the gallery: JavaScript and CSS that turn objects into SVG.

The ``.js`` files of this folder declare plain top-level functions, without ``import`` or ``export``; a component puts
`drawing_source` in front of its own code, and `drawing_style` in front of its own CSS. ``scene`` and ``object`` are the
scene and the objects of a frame payload, coordinates are frame pixels.

Contract (the functions a component may call):

``palette.js``
    ``objectColor(object, mode, scene, position) -> CSS colour``; ``mode`` is resolved by
    ``resolveColorMode(mode, {layersShown, hasOutcomes})`` from ``auto|layer|class|outcome|instance|confidence``.
    ``layerColor(scene, layerIndex)``, ``layerStroke(scene, layerIndex)`` (a CSS class: solid or a dash),
    ``casingColor(scene, layerIndex, mode)``,
    ``confidenceColor(confidence)``, ``instanceColor(position)``, ``classOf(scene, object)``,
    ``className(scene, object)``, ``readableOn(color)``, ``OUTCOMES``.
``rle.js``
    ``decodeCounts(counts) -> run lengths``, ``maskPath({size, counts}) -> SVG path data`` (exact pixel outline,
    holes included, fill rule even-odd), ``maskContains(mask, x, y)``.
``shapes.js``
    ``svgElement(name, attributes)``; ``layerGroup(scene, layerIndex)``: ``<g class="layer ..." data-layer=key>``;
    ``shapeElement(object, cls) -> SVG element | null`` (null: a classification; ``cls`` is ``classOf(scene, object)``)
    with ``data-id`` and ``data-kind``; ``colorShape(element, color)``; ``markOutcome(element, outcome)``: strokes tell
    it in groups of the class ``by-outcome``; ``outcomeSample(outcome, className) -> <svg>``;
    ``shapePath(object, cls) -> path data``; ``crowdHatch() -> <pattern>`` to be put once into a ``<defs>`` of the
    component's shadow root; ``objectBox(object) -> [x, y, w, h] | null``, ``objectArea(object)``,
    ``objectContains(object, x, y, tolerance)``.
``tags.js``
    ``tagText(object, scene)``, ``placeTags(candidates, bounds, areaBudget)``, ``TAG_AREA_SHARE``.
``words.js``
    ``objectTitle(object, scene)``, ``objectRows(object, scene, partner)``, ``counted(count, singular, plural)``,
    ``formatValue(value)``, ``formatPixels(value)``.

The ``<svg>`` (``viewBox="0 0 width height"`` of the frame) must set the CSS variables ``--px`` (one screen pixel in
frame pixels, e.g. ``4px`` for a frame shown at a quarter of its size), ``--outline`` (line width in screen pixels) and
``--fill`` (opacity of areas). A layer is hidden by hiding its group, an object by hiding its element.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["drawing_source", "drawing_style", "read_sources"]

_FOLDER: Final = Path(__file__).parent
_SCRIPTS: Final = ("palette.js", "rle.js", "shapes.js", "tags.js", "words.js")


def read_sources(folder: Path, names: tuple[str, ...]) -> str:
    """The named text files of a folder, in order, as one text."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


@cache
def drawing_source() -> str:
    """The JavaScript of this folder: declarations only, to stand before a component's own module text."""
    return read_sources(_FOLDER, _SCRIPTS)


@cache
def drawing_style() -> str:
    """The CSS of shapes, to stand before a component's own."""
    return read_sources(_FOLDER, ("shapes.css",))
