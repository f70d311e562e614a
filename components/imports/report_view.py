"""What the reading found, with what to do about it; corrections that the import can make are one click away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import streamlit as st

from components.chips import escape_markdown
from components.imports.flow import Flow, current_flow
from components.imports.words import DIFFERENTLY, for_the_page
from components.widget_values import put
from predscope.importing.corrections import CHOICES, Corrections
from predscope.report import Problem, Severity

_COLORS: Final = {Severity.ERROR: "red", Severity.WARNING: "orange", Severity.INFO: "gray"}
_ORDER: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_BOXES: Final = {
    "xywh": "x, y, width, height",
    "xyxy": "x1, y1, x2, y2 (two corners)",
    "cxcywh": "the centre, width and height",
}
_WORDS: Final[dict[str, dict[Any, str]]] = {
    "box_format": {name: f"Read boxes as {words}" for name, words in _BOXES.items()},
    "units": {
        "pixels": "Read coordinates as pixels",
        "relative": "Read coordinates as fractions of the frame",
    },
    "swap_xy": {True: "Swap x and y"},
    "rescale": {True: "Scale to the size of the frames"},
    "class_ids": {
        "ids": "Read class ids as ids of the labels",
        "index": "Read class ids as positions in the list of classes",
    },
    "confidence_scale": {
        "fraction": "Read confidences as 0 to 1",
        "percent": "Read confidences as percentages",
        "logit": "Read confidences as logits",
        "unbounded": "Bring scores without an upper end to 0 to 1",
    },
    "merge_alike_classes": {True: "Merge class names that are alike"},
    "drop_duplicates": {True: "Leave out copies of objects"},
}
_AS_IT_IS: Final = ""
_OF_CLASSES: Final = frozenset({"class_ids", "class_offset", "merge_alike_classes"})
"""Corrections after which classes of the file are other ones: what was chosen for them is asked anew."""


def report_view(flow: Flow) -> None:
    """The findings, and the corrections in force as chips."""
    if flow.job is None or flow.job.staged is None or flow.choices is None:
        return
    problems = sorted(
        flow.job.staged.report.problems.values(), key=lambda problem: (_ORDER[problem.severity], -problem.count)
    )
    applied = correction_words(flow.choices.corrections)
    with st.container(key="imports_step_report"):
        st.markdown("##### 4. Report")
        if applied:
            _show_applied(applied)
        if not problems:
            st.caption("Nothing is wrong, and nothing is odd.")
        for place, problem in enumerate(problems):
            _show_finding(problem, flow.choices.corrections, place)
        with st.expander(DIFFERENTLY):
            _read_differently(flow.choices.corrections)


def correction_words(corrections: Corrections) -> dict[str, str]:
    """Those in force, by field, in words."""
    found = {}
    for entry in fields(corrections):
        value = getattr(corrections, entry.name)
        if value not in (None, False, 0):
            found[entry.name] = _in_words(entry.name, value)
    return found


def _in_words(name: str, value: Any) -> str:
    if name == "class_offset":
        return f"Class ids {'+' if value > 0 else '−'} {abs(value)}"
    known = _WORDS.get(name, {}).get(value)
    return known or (name.replace("_", " ").capitalize() + ("" if value is True else f": {value}"))


def _show_applied(applied: Mapping[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="imports_corrections"):
        st.markdown("Corrected:", width="content")
        for name, words in applied.items():
            st.button(
                words,
                key=f"imports.correction.{name}",
                icon=":material/close:",
                icon_position="right",
                help="Take this correction back",
                on_click=_correct,
                args=({name: getattr(Corrections(), name)},),
            )


def _read_differently(corrections: Corrections) -> None:
    """Every correction that there is, to be made by hand."""
    st.caption("For what the report does not see. The file is read again, and nothing in it is changed.")
    columns = st.columns(3)
    for place, entry in enumerate(sorted(fields(corrections), key=lambda entry: entry.type == "bool")):
        name, value = entry.name, getattr(corrections, entry.name)
        key, column = f"imports.differently.{name}", columns[place % len(columns)]
        put(key, _AS_IT_IS if value is None else value)
        if name in CHOICES:
            words = {_AS_IT_IS: "As the format says"} | {one: _in_words(name, one) for one in CHOICES[name]}
            label = name.replace("_", " ").capitalize()
            column.selectbox(
                label, list(words), format_func=words.__getitem__, key=key, on_change=_correct_by_hand, args=(name,)
            )
        elif isinstance(value, bool):
            column.checkbox(_in_words(name, True), key=key, on_change=_correct_by_hand, args=(name,))
        elif isinstance(value, int):
            column.number_input("Add to class ids", step=1, key=key, on_change=_correct_by_hand, args=(name,))


def _correct_by_hand(name: str) -> None:
    key = f"imports.differently.{name}"
    if key in st.session_state:  # else it has gone, with the file that it was about
        value = st.session_state[key]
        _correct({name: None if value == _AS_IT_IS else value})


def _show_finding(problem: Problem, applied: Corrections, place: int) -> None:
    badge = f":{_COLORS[problem.severity]}-badge[{problem.severity}]"
    title = f"{badge} {escape_markdown(problem.message)} ({problem.count:,})"
    offered = {
        name: value
        for name, value in problem.correction.items()
        if any(entry.name == name for entry in fields(applied)) and getattr(applied, name) != value
    }
    with st.container(key=f"imports_finding_{place}"), st.expander(title, expanded=bool(offered)):
        if problem.fix:
            st.markdown(f"**What to do:** {escape_markdown(for_the_page(problem.fix))}")
        if offered:
            words = " · ".join(_in_words(name, value) for name, value in offered.items())
            st.button(words, key=f"imports.apply.{problem.code}", type="primary", on_click=_correct, args=(offered,))
        st.text("\n".join(problem.examples) or problem.code)


def _correct(correction: Mapping[str, Any]) -> None:
    flow = current_flow()
    if flow.choices is None:
        return
    changes: dict[str, Any] = {"corrections": flow.choices.corrections.changed(correction)}
    if _OF_CLASSES & set(correction):
        changes["classes"] = ()
    flow.change(**changes)
