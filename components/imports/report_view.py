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
from predscope.errors import InputError
from predscope.importing import StagedImport
from predscope.importing.corrections import CHOICES, MAX_CLASS_OFFSET, Corrections
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
    "network_fit": {
        "stretch": "Stretched to the network's input",
        "letterbox": "Scaled and centred in the network's input",
        "top-left": "Scaled into the top-left corner of the network's input",
    },
    "class_ids": {
        "ids": "Read class ids as ids of the labels",
        "index": "Read class ids as positions in the list of classes",
        "sorted": "Read class ids as positions in the list of classes sorted by name",
        "coco80": "Read class ids as numbers of COCO's 80 classes",
        "coco91": "Read class ids as COCO's own (1 to 90)",
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
_NO_SIZE: Final = "The network's input is a width and a height in pixels, such as 640x384."
_OF_CLASSES: Final = frozenset({"class_ids", "class_offset", "merge_alike_classes"})
"""Corrections after which classes of the file are other ones: what was chosen for them is asked anew."""


def corrections_view(flow: Flow) -> None:
    """The corrections in force, and those that the findings offer, each a click."""
    if flow.job is None or flow.job.staged is None or flow.choices is None:
        return
    told = flow.choices.corrections
    applied = correction_words(told)
    if applied:
        _show_applied(applied)
    for place, problem in enumerate(_sorted(flow.job.staged)):
        offered = _offered(problem, told)
        if offered:
            _offer(problem, offered, place)


def report_view(flow: Flow) -> None:
    """The findings; those that the import can mend stand above, with the way to do so."""
    if flow.job is None or flow.job.staged is None or flow.choices is None:
        return
    told = flow.choices.corrections
    problems = [problem for problem in _sorted(flow.job.staged) if not _offered(problem, told)]
    with st.container(key="imports_step_report"):
        st.markdown("##### Report")
        if not flow.job.staged.report.problems:
            st.caption("Nothing is wrong, and nothing is odd.")
        elif not problems:
            st.caption("Nothing but what can be corrected, above.")
        for place, problem in enumerate(problems):
            _show_finding(problem, place)
        with st.expander(DIFFERENTLY):
            _read_differently(told)


def _sorted(staged: StagedImport) -> list[Problem]:
    return sorted(staged.report.problems.values(), key=lambda problem: (_ORDER[problem.severity], -problem.count))


def _offered(problem: Problem, told: Corrections) -> dict[str, Any]:
    """What would mend it, and is not done yet."""
    known = {entry.name for entry in fields(told)}
    return {name: value for name, value in problem.correction.items() if name in known and getattr(told, name) != value}


def _offer(problem: Problem, offered: Mapping[str, Any], place: int) -> None:
    words = " · ".join(_in_words(name, value) for name, value in offered.items())
    color = _COLORS[problem.severity]
    examples = "; ".join(problem.examples[:2])
    with st.container(key=f"imports_offer_{place}", horizontal=True, vertical_alignment="center"):
        with st.container(gap=None, width="stretch"):
            st.markdown(f":{color}-badge[{problem.severity}] {escape_markdown(problem.message)} ({problem.count:,})")
            if examples:
                st.caption(escape_markdown(examples))
        st.button(words, key=f"imports.apply.{problem.code}", on_click=_correct, args=(offered,))


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
    if name == "network_input":
        return f"Read coordinates as pixels of a network's input of {value}"
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
            column.number_input(
                "Add to class ids",
                min_value=-MAX_CLASS_OFFSET,
                max_value=MAX_CLASS_OFFSET,
                step=1,
                key=key,
                on_change=_correct_by_hand,
                args=(name,),
            )
        elif name == "network_input":
            label, hint = "Network's input, in pixels", "640x640"
            column.text_input(label, placeholder=hint, key=key, on_change=_correct_by_hand, args=(name,))


def _correct_by_hand(name: str) -> None:
    key = f"imports.differently.{name}"
    if key in st.session_state:  # else it has gone, with the file that it was about
        value = st.session_state[key]
        try:
            _correct({name: None if value == _AS_IT_IS else value})
        except InputError:  # a size that is none; what was in force stays
            st.toast(_NO_SIZE, icon=":material/error:")


def _show_finding(problem: Problem, place: int) -> None:
    badge = f":{_COLORS[problem.severity]}-badge[{problem.severity}]"
    title = f"{badge} {escape_markdown(problem.message)} ({problem.count:,})"
    with st.container(key=f"imports_finding_{place}"), st.expander(title):
        if problem.fix:
            st.markdown(f"**What to do:** {escape_markdown(for_the_page(problem.fix))}")
        st.text("\n".join(problem.examples) or problem.code)


def _correct(correction: Mapping[str, Any]) -> None:
    flow = current_flow()
    if flow.choices is None:
        return
    changes: dict[str, Any] = {"corrections": flow.choices.corrections.changed(correction)}
    if _OF_CLASSES & set(correction):
        changes["classes"] = ()
    flow.change(**changes)
