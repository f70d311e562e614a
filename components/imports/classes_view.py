"""The classes of the file against those of the project: what each becomes, and what it was likely meant to be."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from components.chips import escape_markdown
from components.imports.flow import Flow, current_flow
from components.widget_values import put
from predscope.importing.classes.joined import JoinedClass
from predscope.importing.classes.near_names import near_name
from predscope.project import Project

FEW_ROWS: Final = 12
_ALL: Final = "imports.all_classes"
_NEW: Final = ""
"""Among the classes that can be chosen: the one that the import would make by itself."""


def classes_view(project: Project, flow: Flow) -> None:
    """One row a class of the file; those that the project does not have come first."""
    joined = sorted(flow.known_classes, key=lambda one: (not _deserves_a_look(one, flow), -one.count, one.reference))
    if not joined or flow.choices is None:
        return
    known = [entry.name for entry in project.classes]
    suggestions = suggested_classes(joined, known) if known else {}
    waiting = [one for one in joined if one.reference in suggestions and not _choice_of(flow, one)]
    with st.container(key="imports_step_classes"):
        st.markdown("##### 3. Classes")
        _say(joined, flow, bool(known))
        if len(waiting) > 1:
            st.button(
                f"Use all {len(waiting)} suggestions",
                key="imports.suggestions",
                on_click=_choose_classes,
                args=({one.reference: suggestions[one.reference] for one in waiting},),
            )
        if not known and not flow.choices.classes:
            st.caption(", ".join(f"{escape_markdown(one.class_name)} ({one.count:,})" for one in joined[:40]))
            return
        attention = sum(_deserves_a_look(one, flow) for one in joined)
        shown = joined if st.session_state.get(_ALL) else joined[: max(attention, 0)][:FEW_ROWS]
        with st.container(key="imports_class_rows"):
            for place, one in enumerate(shown):
                _row(one, known, suggestions.get(one.reference), flow, place)
        if len(shown) < len(joined) or st.session_state.get(_ALL):
            st.checkbox(f"Show all {len(joined):,} classes", key=_ALL, persist_state="session")


def suggested_classes(joined: list[JoinedClass], known: list[str]) -> dict[str, str]:
    """For classes that the project does not have: the one that is likely meant, by what stands in the file."""
    found = ((one.reference, near_name(one.name, known)) for one in joined if one.is_new)
    return {reference: name for reference, name in found if name is not None}


def _deserves_a_look(one: JoinedClass, flow: Flow) -> bool:
    return one.is_new or bool(_choice_of(flow, one))


def _choice_of(flow: Flow, one: JoinedClass) -> str:
    return dict(flow.choices.classes).get(one.reference, "") if flow.choices else ""


def _say(joined: list[JoinedClass], flow: Flow, has_classes: bool) -> None:
    new = [one for one in joined if one.is_new]
    chosen = len(flow.choices.classes) if flow.choices else 0
    if not has_classes:
        st.caption("The project has no classes yet; these become its first.")
    elif not new:
        mapped = f", {chosen:,} of them as you chose" if chosen else ""
        st.caption(f"All {len(joined):,} classes of the file are classes of the project{mapped}.")
    else:
        noun = "class" if len(new) == 1 else "classes"
        st.caption(
            f"{len(new):,} {noun} of the file {'is' if len(new) == 1 else 'are'} not in the project. Choose what each "
            "means, or leave it: it then becomes a new class."
        )


def _row(one: JoinedClass, known: list[str], suggestion: str | None, flow: Flow, place: int) -> None:
    key = f"imports.class.{one.kind}.{one.reference}"
    chosen = _choice_of(flow, one)
    if not chosen and not one.is_new:
        chosen = one.class_name
    automatic = f"New class “{one.name}”"
    put(key, chosen)
    options = [_NEW, *known] if one.is_new or _choice_of(flow, one) else known
    if chosen not in options:
        options = [*options, chosen]
    with st.container(key=f"imports_class_row_{place}"):
        name, meaning, offer = st.columns([3, 3, 3], vertical_alignment="center")
        number = f", id {escape_markdown(one.reference)}" if one.kind == "id" and one.name != one.reference else ""
        objects = f"{one.count:,} {'object' if one.count == 1 else 'objects'}{number}"
        name.markdown(f"**{escape_markdown(one.name)}** &nbsp;:gray[{objects}]")
        meaning.selectbox(
            f"Class of {one.name}",
            options,
            format_func=lambda text: text or automatic,
            key=key,
            label_visibility="collapsed",
            on_change=partial(_take_class, one, key),
        )
        if suggestion is not None and not _choice_of(flow, one):
            offer.button(
                f"Use **{escape_markdown(suggestion)}**",
                key=f"{key}.suggestion",
                help=f"The file says “{escape_markdown(one.name)}”",
                on_click=_choose_classes,
                args=({one.reference: suggestion},),
            )
        elif _choice_of(flow, one):
            offer.button(
                "Undo", key=f"{key}.undo", type="tertiary", on_click=_choose_classes, args=({one.reference: ""},)
            )


def _take_class(one: JoinedClass, key: str) -> None:
    if key in st.session_state:  # else it has gone, with the file that it was about
        _choose_classes({one.reference: st.session_state[key]})


def _choose_classes(meant: dict[str, str]) -> None:
    """Let classes of the file mean classes of the project; "" leaves one to itself again."""
    flow = current_flow()
    if flow.choices is not None:
        chosen = {**dict(flow.choices.classes), **meant}
        flow.change(classes=tuple((reference, name) for reference, name in chosen.items() if name))
