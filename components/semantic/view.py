"""Pixels: how many have the right class, which class is taken for which, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from components import urls
from components.charts.confusion_matrix import chart_width, choose_order
from components.charts.pixel_matrix import pixel_matrix_chart
from components.charts.style import CONFIG
from components.chips import escape_markdown
from components.performance.class_table import name_column, rate_column, show_class_table
from components.performance.explanations import explained
from components.performance.figures import Figure, exact_share, figures
from components.performance.options import choose_one
from components.semantic.explanations import FRAMES, MATRIX, PIXELS
from components.semantic.frames import FrameCard, pixel_frames
from components.state import ViewState
from predscope.evaluation.semantic import Semantic
from predscope.exploration import chosen_label_set, chosen_sets
from predscope.exploration.pixel_pictures import pixel_pictures
from predscope.exploration.semantic_performance import (
    PIXEL_PARAMETERS,
    PixelQuery,
    RankedFrames,
    class_names,
    rank_frames,
    semantic_performance,
)
from predscope.exploration.sorting import rate
from predscope.payload import frame_record
from predscope.project import Project

FRAMES_A_PAGE: Final = 24
MOST_CLASSES: Final = 25
_MATRIX: Final = "semantic.matrix"
_TABLE: Final = "semantic.classes"
_PAGE_PARAMETER: Final = "pixelpage"
_COLUMN_PX: Final = 70
_SMALLEST_SHARE: Final = 0.001
"""Of all labelled pixels: what a class must have for its confusions to be a finding."""
_NARROWEST_PX: Final = 480
_BACKGROUND: Final = {"1": "Background is a class", "0": "Without background"}
_SHOWN: Final = {"recall": "% of the row", "precision": "% of the column", "counts": "Pixels"}


def show_semantic(project: Project, state: ViewState) -> None:
    """The pixels of a prediction set against those of the labels, on the frames of the address."""
    set_name = chosen_sets(project, state.query)[0]
    whole = _count(project, state, set_name)
    _show_title(project, state, set_name, whole)
    if not len(whole.frames):
        st.info("No frame here has a label for its pixels. Remove a filter, or import class-index masks as labels.")
        return
    query = PixelQuery.from_params(st.query_params.to_dict(), class_names(whole))
    if whole.background is not None and choose_one("Background", "background", _BACKGROUND) == "0":
        found = whole.without_background()
        query = query.with_(with_background=False)
    else:
        found = whole
    if query.ignored:
        st.warning(f"The link names what is not here: {', '.join(map(escape_markdown, query.ignored))}.")
    _show_figures(found)
    beside = st.container(horizontal=True, gap="medium")  # the frames go below, where there is no room
    present = len(_order(found)) + 1
    with beside.container(width=max(min(chart_width(present), 680), _NARROWEST_PX)):
        _show_matrix(found, query)
        _show_classes(found)
    with beside.container(width="stretch"):
        _show_frames(project, state, set_name, found, query)


def ask(query: PixelQuery) -> None:
    """Write another question about pixels into the address, as one step of the browser's history."""
    others = {
        name: st.query_params.get_all(name)
        for name in st.query_params
        if name not in PIXEL_PARAMETERS and name != _PAGE_PARAMETER
    }
    st.query_params.from_dict(others | {name: [value] for name, value in query.to_params().items()})


def frames_in_words(query: PixelQuery, ranked: RankedFrames) -> str:
    """What the frames have in common, as their heading says it."""
    count = f"{len(ranked):,} {'frame' if len(ranked) == 1 else 'frames'}"
    if query.label_class is not None:
        pixels = f"{int(ranked.values.sum()):,} pixels of {escape_markdown(query.label_class)}"
        if query.label_class == query.predicted_class:
            return f"{pixels} are right, in {count}"
        return f"{pixels} predicted as {escape_markdown(str(query.predicted_class))}, in {count}"
    if query.klass is not None:
        return f"{count} with {escape_markdown(query.klass)}, the worst first"
    return f"{count}, the worst first"


def _count(project: Project, state: ViewState, set_name: str) -> Semantic:
    """The counts; where they are made for the first time, how far that is."""
    place = st.empty()

    def progress(done: int, total: int) -> None:
        if total > 200:
            place.progress(done / total, f"Counting pixels: {done:,} of {total:,} frames")

    found = semantic_performance(project, state.query, set_name, progress)
    place.empty()
    return found


def _show_title(project: Project, state: ViewState, set_name: str, found: Semantic) -> None:
    label_set = escape_markdown(chosen_label_set(project, state.query) or "")
    pixels = int(found.cells.pixels.sum())
    with st.container(gap=None, key="page_title"):
        st.markdown(f"#### {escape_markdown(set_name)} against {label_set}")
        st.caption(
            f"{len(found.frames):,} of {len(project.frames):,} frames have labelled pixels: {pixels:,}, void left out"
        )


def _show_figures(found: Semantic) -> None:
    explained("Pixels", "pixels", PIXELS)
    values = (
        ("miou", "mIoU", found.mean_iou, "Of the data set: the mean IoU of its classes"),
        ("frame_miou", "Mean mIoU of the frames", found.mean_frame_iou, "Of each frame alone, averaged"),
        ("fwiou", "Frequency-weighted IoU", found.frequency_weighted_iou, ""),
        ("pixel_accuracy", "Pixel accuracy", found.pixel_accuracy, ""),
        ("mean_accuracy", "Mean accuracy", found.mean_accuracy, ""),
        ("dice", "Dice", found.mean_dice, "Mean over the classes"),
    )
    entries = [
        Figure(name, label, exact_share(value), hint=hint, is_small=name not in ("miou", "frame_miou"))
        for name, label, value, hint in values
    ]
    figures(entries, key="semantic.figures")


def _order(found: Semantic) -> list[int]:
    """Classes that occur, the most labelled first; of many, those with the most wrong pixels."""
    counts = found.confusion
    square = pd.DataFrame(counts[:, : len(found.classes)])
    square = pd.concat([square, pd.Series(counts[:, -1], name=len(found.classes))], axis=1)
    square = pd.concat([square, pd.DataFrame([[0] * square.shape[1]])], ignore_index=True)
    if len(found.classes) > MOST_CLASSES:
        chosen = list(choose_order(square, "confusions"))[:MOST_CLASSES]
    else:
        chosen = list(choose_order(square, "labels"))
    return chosen


def _show_matrix(found: Semantic, query: PixelQuery) -> None:
    explained(_confusion_in_words(found), "pixel_matrix", MATRIX)
    by = choose_one("Numbers in the cells", "cells", _SHOWN)
    names, order = class_names(found), _order(found)
    places = [*order, len(names) - 1]
    counts = found.confusion[order][:, places]
    shown = [names[place] for place in places]
    cell = (query.label_class, query.predicted_class) if query.is_cell else None
    figure = pixel_matrix_chart(counts, shown, by, dark=st.context.theme.type == "dark", cell=cell)

    def open_cell() -> None:
        for point in st.session_state[_MATRIX]["selection"]["points"]:
            label, predicted = point["customdata"]
            ask(query.with_(label_class=label, predicted_class=predicted, klass=None))

    st.plotly_chart(figure, key=_MATRIX, config=CONFIG, on_select=open_cell, selection_mode="points")
    if len(order) < int(((found.confusion.sum(axis=1) + found.confusion[:, :-1].sum(axis=0)) > 0).sum()):
        st.caption(f"The {len(order)} classes with the most wrong pixels; all are in the table below.")


def _confusion_in_words(found: Semantic) -> str:
    """The finding: the confusion that takes the largest share of a class, tiny classes apart."""
    counts = found.confusion
    labelled = counts.sum(axis=1)
    share = counts / np.maximum(labelled, 1)[:, None]
    share[labelled < _SMALLEST_SHARE * labelled.sum()] = 0
    np.fill_diagonal(share, 0)
    if not share.any():
        return "Every class is right but for single pixels"
    label, predicted = divmod(int(share.argmax()), share.shape[1])
    names = [escape_markdown(name) for name in class_names(found)]
    of = f"{rate(share[label, predicted])} of {names[label]}"
    return f"{of} has no prediction" if predicted == len(found.classes) else f"{of} is taken for {names[predicted]}"


def _show_classes(found: Semantic) -> None:
    table = found.to_pandas()
    table = table[(table["pixels"] > 0) | (table["predicted"] > 0)].sort_values("iou", kind="stable")
    table = table.reset_index(drop=True)

    def open_row() -> None:
        selection = st.session_state[_TABLE]["selection"]
        rows = [*(row for row, _ in selection.get("cells", ())), *selection.get("rows", ())]
        for row in rows[:1]:
            ask(_asked(found).with_(label_class=None, predicted_class=None, klass=str(table["name"].iloc[row])))

    shown = table[["name", "iou", "accuracy", "precision", "dice", "pixels"]]
    show_class_table(shown, _columns(), key=_TABLE, on_select=open_row)
    st.caption("A click shows the frames with the class, those with its lowest IoU first.")


def _asked(found: Semantic) -> PixelQuery:
    return PixelQuery.from_params(st.query_params.to_dict(), class_names(found))


def _show_frames(project: Project, state: ViewState, set_name: str, found: Semantic, query: PixelQuery) -> None:
    ranked = rank_frames(found, query)
    explained(frames_in_words(query, ranked), "pixel_frames", FRAMES)
    if query.is_cell or query.klass is not None:
        everything = query.with_(label_class=None, predicted_class=None, klass=None)
        st.button(
            "All frames", key="semantic.all", icon=":material/close:", type="tertiary", on_click=ask, args=(everything,)
        )
    pages = max(1, -(-len(ranked) // FRAMES_A_PAGE))
    text = st.query_params.get(_PAGE_PARAMETER, "1")
    page = min(max(int(text), 1), pages) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    part = slice((page - 1) * FRAMES_A_PAGE, page * FRAMES_A_PAGE)
    indices = ranked.indices[part].tolist()
    pictures = pixel_pictures(project, state.query, set_name, found, query, indices)
    records = project.frames.iloc[indices].to_dict("records")
    address = state.query.to_params()
    cards = []
    for row, words, picture in zip(records, ranked.words[part], pictures, strict=True):
        frame = frame_record(row, urls.image_url, urls.thumbnail_url)
        href = urls.page_url(urls.FRAME_PATH, address | {"frame": frame["frame"]})
        cards.append(FrameCard(frame["frame"], href, frame["thumb"], frame["file_name"], words, picture))
    pixel_frames(cards, key="semantic.frames")
    if pages > 1:
        key = f"semantic.page.{page}"  # a widget of its own, so that the address decides which page it shows
        st.pagination(pages, default=page, key=key, on_change=_turn(key))


def _turn(key: str) -> Callable[[], None]:
    def turn() -> None:
        st.query_params[_PAGE_PARAMETER] = str(st.session_state[key])

    return turn


def _columns() -> dict[str, object]:
    def share_of_pixels(label: str, words: str) -> object:
        return rate_column(label, words, width=_COLUMN_PX)

    return {
        "name": name_column(),
        "iou": share_of_pixels("IoU", "Right pixels of those labelled or predicted as the class."),
        "accuracy": share_of_pixels("Accuracy", "Right pixels of those labelled as the class: its recall."),
        "precision": share_of_pixels("Precision", "Right pixels of those predicted as the class."),
        "dice": share_of_pixels("Dice", "Twice the right pixels, of the labelled plus the predicted ones."),
        "pixels": st.column_config.NumberColumn(
            "Labelled", format="compact", help="Labelled pixels.", width=_COLUMN_PX
        ),
    }
