"""The classes of the file against those of the project: what each becomes, and what it was likely meant to be."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import streamlit as st

from components.chips import escape_markdown
from components.imports.flow import Flow, current_flow
from components.widget_values import on_choice, put
from predscope.importing.classes.joined import JoinedClass
from predscope.importing.classes.near_names import near_name
from predscope.project import Project

FEW_ROWS: Final = 12
FEW_NAMES: Final = 40
_ALL: Final = "imports.all_classes"
_FIND: Final = "imports.find_class"
_PAGE: Final = "imports.class_page"
_NEW: Final = ""
"""Among the classes that can be chosen: the one that the import would make by itself."""


def classes_view(project: Project, flow: Flow) -> None:
    """One row a class of the file, some at a time; first those that are likely a class that the project has."""
    if not flow.known_classes or flow.choices is None:
        return
    known = [entry.name for entry in project.classes]
    suggestions = suggested_classes(flow.known_classes, known) if known else {}
    joined = sorted(
        flow.known_classes,
        key=lambda one: (
            not (one.reference in suggestions or _choice_of(flow, one)),
            not one.is_new,
            -one.count,
            one.reference,
        ),
    )
    waiting = [one for one in joined if one.reference in suggestions and not _choice_of(flow, one)]
    with st.container(key="imports_step_classes"):
        st.markdown("##### Classes")
        _say(joined, flow, bool(known))
        if len(waiting) > 1:
            st.button(
                f"Use all {len(waiting)} suggestions",
                key="imports.suggestions",
                on_click=_choose_classes,
                args=({one.reference: suggestions[one.reference] for one in waiting},),
            )
        if not known and not flow.choices.classes:
            names = ", ".join(f"{escape_markdown(one.class_name)} ({one.count:,})" for one in joined[:FEW_NAMES])
            st.caption(names + (f" and {len(joined) - FEW_NAMES:,} more" if len(joined) > FEW_NAMES else ""))
            return
        with st.container(key="imports_class_rows"):
            for place, one in enumerate(_shown(joined, flow)):
                _row(one, known, suggestions.get(one.reference), flow, place)


def _shown(joined: list[JoinedClass], flow: Flow) -> list[JoinedClass]:
    """Those that deserve a look, or those of the page that was turned to, of the name that was asked for."""
    attention = [one for one in joined if _deserves_a_look(one, flow)]
    shown = joined
    if len(attention) < len(joined):
        is_all = st.checkbox(f"Show all {len(joined):,} classes", key=_ALL, persist_state="session")
        shown = joined if is_all else attention
    if len(shown) <= FEW_ROWS:
        return shown
    text = st.text_input(
        "Find a class", key=_FIND, placeholder=f"Find one of {len(shown):,} classes", label_visibility="collapsed"
    )
    shown = [one for one in shown if text.strip().casefold() in one.name.casefold()]
    pages = -(-len(shown) // FEW_ROWS)
    page = st.pagination(pages, key=f"{_PAGE}.{pages}") if pages > 1 else 1
    if not shown:
        st.caption("No class of the file has this in its name.")
    return shown[(page - 1) * FEW_ROWS : page * FEW_ROWS]


def classes_ask_first(project: Project, flow: Flow) -> bool:
    """Whether there is something to choose: it then stands above the frame, and stays in its place while the file is
    read again."""
    return bool(project.classes) and any(_deserves_a_look(one, flow) for one in flow.known_classes)


def suggested_classes(joined: Sequence[JoinedClass], known: list[str]) -> dict[str, str]:
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
            on_change=partial(_take_class, one, key, tuple(options)),
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


def _take_class(one: JoinedClass, key: str, options: Sequence[str]) -> None:
    # Else it has gone, with the file that it was about, or the browser sends words that stood there before.
    if st.session_state.get(key) in options:
        on_choice(key, lambda name: _choose_classes({one.reference: name}))()


def _choose_classes(meant: dict[str, str]) -> None:
    """Let classes of the file mean classes of the project; "" leaves one to itself again."""
    flow = current_flow()
    if flow.choices is not None:
        chosen = {**dict(flow.choices.classes), **meant}
        flow.change(classes=tuple((reference, name) for reference, name in chosen.items() if name))
