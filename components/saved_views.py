"""Views saved under a name: the button that saves what is on screen, and the list from which it is opened again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from components import urls
from components.chips import escape_markdown
from components.fresh_fragment import fresh_fragment
from components.state import has_just_arrived
from predscope.errors import PredscopeError
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.saved_views import (
    SavedCount,
    at_this_point,
    count_saved,
    frames_in_words,
    objects_in_words,
    suggested_name,
)
from predscope.project import Project
from predscope.project.saved import (
    MAX_NAME_LENGTH,
    NameTakenError,
    Params,
    SavedView,
    delete_view,
    rename_view,
    save_view,
    saved_views,
)

_PAGES: Final = {
    urls.EXPLORE_PATH: urls.EXPLORE_PAGE,
    urls.OBJECTS_PATH: urls.OBJECTS_PAGE,
    urls.FRAME_PATH: urls.FRAME_PAGE,
    urls.PERFORMANCE_PATH: urls.PERFORMANCE_PAGE,
    urls.ERRORS_PATH: urls.ERRORS_PAGE,
    urls.BY_METRIC_PATH: urls.BY_METRIC_PAGE,
}
_STYLE: Final = """<style>
.stHorizontalBlock[class*="-saved-bar"] { gap: 16px; flex-wrap: nowrap; }
.stHorizontalBlock[class*="-saved-bar"]:has(> :nth-child(3)) { gap: 14px; }
.stHorizontalBlock[class*="-saved-bar"]:has(> :nth-child(3)) button > div > [aria-hidden="true"] { display: none; }
[class*="st-key-saved_row_"] { gap: 0; }
[class*="st-key-saved_row_"] [data-testid="stCaptionContainer"] { margin-bottom: 0; }
[class*="st-key-saved_row_"] [data-testid="stPageLink-NavLink"] {
  min-height: 28px;
  padding: 0;
  background: none;
}
[class*="st-key-saved_row_"] [data-testid="stPageLink-NavLink"] :is(p, span) { font-weight: 400; }
[class*="st-key-saved_line_"] { flex-wrap: nowrap; }
[class*="st-key-saved_line_"] [data-testid="stPageLink-NavLink"] :is(p, span) { white-space: normal; }
[class*="st-key-saved_row_"] [data-testid="stPageLink-NavLink"]:hover p { text-decoration: underline; }
[class*="st-key-saved_row_"] button[kind="tertiary"] { min-height: 28px; padding: 0 2px; opacity: 0.75; }
[class*="st-key-saved_row_"] button[kind="tertiary"]:is(:hover, :focus-visible) { opacity: 1; }
</style>"""


@fresh_fragment
def save_button(
    project: Project, page: str, params: Params, suggested_name: str, key: str, *, sentence: str = ""
) -> None:
    """A button that asks for a name and saves a page with its filters under it.

    Args:
        page: path of the page, such as ``urls.OBJECTS_PATH``.
        params: query parameters of its address, as ``ObjectQuery.to_params`` gives them.
        suggested_name: what stands in the field first, cut where it is too long for a name.
        key: begins the names of what is kept in the session; unique on the page.
        sentence: says what is saved, beside its name; "" for nothing.
    """
    _save_popover(project, page, params, suggested_name, key, sentence)


def save_frames(project: Project, query: FrameQuery, key: str, beside: Callable[[], None] | None = None) -> None:
    """For the sidebar of Explore: save the frames of a query, and open what was saved.

    Args:
        beside: draws what else stands in the same row.
    """
    words = frames_in_words(project, query)
    _save_and_open(project, urls.EXPLORE_PATH, at_this_point(query.to_params(), query), words, key, beside)


def save_objects(project: Project, query: ObjectQuery, key: str, beside: Callable[[], None] | None = None) -> None:
    """For the sidebar of Objects: save the objects of a query, and open what was saved; ``beside`` as above."""
    words = objects_in_words(project, query)
    _save_and_open(project, urls.OBJECTS_PATH, at_this_point(query.to_params(), query.frames), words, key, beside)


def save_page(project: Project, page: str, params: Params, query: FrameQuery, words: str, key: str) -> None:
    """For any other page: save what it shows, and open what was saved.

    Args:
        params: query parameters of its address.
        query: what they say of frames; its operating point is saved, too.
        words: say what is saved; the name that is suggested.
    """
    _save_and_open(project, page, at_this_point(params, query), words, key, None)


def save_slice(project: Project, query: ObjectQuery, key: str, *, sentence: str = "") -> None:
    """For objects that are shown elsewhere: save them as what Objects shows of the same query.

    Args:
        sentence: what is known of them, such as that of a weak slice; "": the conditions of the query.
    """
    words = objects_in_words(project, query)
    params = at_this_point(query.to_params(), query.frames)
    save_button(project, urls.OBJECTS_PATH, params, suggested_name(words), key, sentence=sentence or words)


def saved_list(project: Project, key: str, *, title: str = "Saved", is_counted: bool = True) -> None:
    """What is saved in a project, with a link to each, how much it shows now, rename and delete; nothing without any.

    Args:
        is_counted: False leaves the numbers out, which may take as long as opening the views.
    """
    st.html(_STYLE)  # not in a fragment, which would replace the styles of the page by its own
    _list_on_page(project, key, title, is_counted)


def _save_and_open(
    project: Project, page: str, params: Params, words: str, key: str, beside: Callable[[], None] | None
) -> None:
    st.html(_STYLE)
    place, shown_key = urls.page_url(page, params), f"{key}.shown"
    if st.session_state.get(shown_key, place) != place:  # such as by a link of the list, which then has done its work
        for part in ("save", "open"):
            st.session_state[f"{key}.{part}.popover"] = False
        if not has_just_arrived():
            # a link to the page that is open already changes what the script reads, and not what the browser shows
            st.query_params.from_dict({name: st.query_params.get_all(name) for name in st.query_params})
    st.session_state[shown_key] = place
    _popovers(project, page, params, words, key, beside)


@fresh_fragment
def _popovers(
    project: Project, page: str, params: Params, words: str, key: str, beside: Callable[[], None] | None
) -> None:
    with st.container(horizontal=True, key=f"{key}.bar", gap="small"):
        _save_popover(project, page, params, suggested_name(words), f"{key}.save", words)
        _open_popover(project, f"{key}.open")
        if beside is not None:
            beside()


@fresh_fragment
def _list_on_page(project: Project, key: str, title: str, is_counted: bool) -> None:
    _show_list(project, key, title=title, is_counted=is_counted)


def _open_popover(project: Project, key: str) -> None:
    box = st.popover(
        "Saved",
        key=f"{key}.popover",
        on_change="rerun",
        type="tertiary",
        icon=":material/bookmarks:",
        help="What was saved in this project",
    )
    if box.open:
        with box:
            _show_list(project, f"{key}.list", say_if_empty=True)


def _save_popover(project: Project, page: str, params: Params, suggested: str, key: str, sentence: str) -> None:
    """What became of the last click stands in the session until the popover is opened again."""
    name_key, taken_key, problem_key, saved_key = (f"{key}.{part}" for part in ("name", "taken", "problem", "saved"))

    def forget() -> None:
        for note in (taken_key, problem_key, saved_key):
            st.session_state.pop(note, None)

    def begin() -> None:
        forget()
        st.session_state[name_key] = suggested[:MAX_NAME_LENGTH]

    def save(*, replace: str | None = None) -> None:
        """Save it; in the place of the view of a name, where that still is the name asked for."""
        forget()
        name = st.session_state[name_key]
        try:
            try:
                view = save_view(project, name, page, params, sentence=sentence)
            except NameTakenError as error:
                if error.view.name != replace:
                    raise
                view = save_view(project, name, page, params, sentence=sentence, replace=True)
        except NameTakenError as error:
            st.session_state[taken_key] = error.view.name
        except PredscopeError as error:
            st.session_state[problem_key] = str(error)
        else:
            st.session_state[saved_key] = view.name

    box = st.popover(
        "Save",
        key=f"{key}.popover",
        on_change=begin,
        type="tertiary",
        icon=":material/bookmark_add:",
        help="Save this, with its filters, under a name",
    )
    if not box.open:
        return
    notes = st.session_state
    if saved_key in notes:
        box.markdown(f"Saved as “{escape_markdown(notes[saved_key])}”.")
        box.caption("It is listed under Saved, and on Overview.")
        return
    with box, st.form(f"{key}.form", border=False):
        notes.setdefault(name_key, suggested[:MAX_NAME_LENGTH])
        st.text_input("Name", key=name_key, max_chars=MAX_NAME_LENGTH)
        if sentence and sentence != suggested:
            st.caption(escape_markdown(sentence))
        if problem_key in notes:
            st.warning(escape_markdown(notes[problem_key]))
        if taken_key in notes:
            st.warning(f"Something is saved as “{escape_markdown(notes[taken_key])}” already.")
        with st.container(horizontal=True):
            st.form_submit_button("Save", type="primary", on_click=save)
            if taken_key in notes:
                st.form_submit_button("Replace it", on_click=save, kwargs={"replace": notes[taken_key]})


def _show_list(
    project: Project, key: str, *, title: str = "", say_if_empty: bool = False, is_counted: bool = True
) -> None:
    try:
        views = saved_views(project)
    except PredscopeError as error:
        st.warning(escape_markdown(str(error)))
        return
    deleted: SavedView | None = st.session_state.get(f"{key}.deleted")
    if not views and deleted is None and f"{key}.problem" not in st.session_state:
        if say_if_empty:
            st.caption("Nothing is saved yet. Save keeps what a page shows, with its filters, under a name.")
        return
    if title:
        st.markdown(f"##### {title}")
    _show_notes(project, key, deleted)
    places = [(view, _show_row(project, view, key, place)) for place, view in enumerate(views)]
    for view, show in places if is_counted else ():  # the links are there before the numbers
        show(count_saved(project, view))


def _show_notes(project: Project, key: str, deleted: SavedView | None) -> None:
    """What became of the last click: a way back from deleting, or why something could not be done."""

    def put_back(view: SavedView) -> None:
        st.session_state.pop(f"{key}.deleted", None)
        _try(
            key,
            lambda: save_view(project, view.name, view.page, view.params, sentence=view.sentence, created=view.created),
        )

    if deleted is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"saved_note_{key}"):
            st.markdown(f"“{escape_markdown(deleted.name)}” is deleted.")
            st.button("Undo", key=f"{key}.undo", type="tertiary", on_click=put_back, args=(deleted,))
    problem = st.session_state.get(f"{key}.problem")
    if problem:
        st.warning(escape_markdown(problem))


def _show_row(project: Project, view: SavedView, key: str, place: int) -> Callable[[SavedCount | None], None]:
    """One saved view; call what comes back with its count."""
    renaming = f"{key}.renaming"

    def delete() -> None:
        st.session_state[f"{key}.deleted"] = view
        if not _try(key, lambda: delete_view(project, view.name)):
            st.session_state.pop(f"{key}.deleted", None)

    def begin_renaming() -> None:
        st.session_state[renaming] = view.name
        st.session_state[f"{key}.new_name"] = view.name

    def rename() -> None:
        new_name = st.session_state[f"{key}.new_name"]
        if _try(key, lambda: rename_view(project, view.name, new_name)):
            st.session_state.pop(renaming, None)

    with st.container(key=f"saved_row_{key}.{place}"):
        if st.session_state.get(renaming) == view.name:
            with st.form(f"{key}.rename_form", border=False), st.container(horizontal=True):
                st.text_input(
                    "New name", key=f"{key}.new_name", max_chars=MAX_NAME_LENGTH, label_visibility="collapsed"
                )
                st.form_submit_button("Rename", type="primary", on_click=rename)
                st.form_submit_button("Cancel", on_click=lambda: st.session_state.pop(renaming, None))
            return lambda count: None
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"saved_line_{key}.{place}"):
            _show_link(view)
            st.button("Rename", key=f"{key}.rename.{place}", type="tertiary", on_click=begin_renaming)
            st.button("Delete", key=f"{key}.delete.{place}", type="tertiary", on_click=delete)
        caption = st.empty()
    caption.caption(_about(view))

    def show(count: SavedCount | None) -> None:
        if count is not None:
            caption.caption(_about(view, count))

    return show


def _about(view: SavedView, count: SavedCount | None = None) -> str:
    parts = [view.page.replace("_", " ") if count is None else f"{count.number:,} {count.noun}"]
    if view.sentence and view.sentence != view.name:
        parts.append(escape_markdown(view.sentence))
    text = " · ".join(parts)
    if count is not None and count.ignored:
        text += f"  \n:orange[Without what is not here now: {escape_markdown(', '.join(count.ignored))}]"
    return text


def _show_link(view: SavedView) -> None:
    page = _PAGES.get(view.page)
    if page is None:
        st.markdown(escape_markdown(view.name), help="A page that this version of the program does not have.")
    else:
        st.page_link(page, label=f":primary[{escape_markdown(view.name)}]", query_params=view.params, width="stretch")


def _try(key: str, act: Callable[[], object]) -> bool:
    """Do something; why it could not be done stands in the session."""
    st.session_state.pop(f"{key}.problem", None)
    try:
        act()
    except PredscopeError as error:
        st.session_state[f"{key}.problem"] = str(error)
        return False
    return True
