"""The last part of the Import page: the button that imports, and what there is to see afterwards."""

from __future__ import annotations

import streamlit as st

from components import urls
from components.chips import escape_markdown
from components.imports.flow import Flow, current_flow
from components.imports.words import for_the_page
from predscope.errors import PredscopeError
from predscope.importing.staged import describe_rejections
from predscope.project import Project
from predscope.project.manifest import check_set_name
from predscope.project.versions import delete_version


def publish_view(project: Project, flow: Flow) -> None:
    """The button, with what it will do."""
    choices, job = flow.choices, flow.job
    if choices is None or job is None or job.staged is None:
        return
    report = job.staged.report
    with st.container(
        key="imports_step_publish", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        problem = _why_not(flow)
        noun = "object" if report.imported == 1 else "objects"
        number = project.manifest.next_version(choices.role, choices.name.strip())
        if problem:
            st.error(escape_markdown(for_the_page(problem)))
        else:
            words = [
                f"{report.imported:,} {noun} become version {number} of the "
                f"{_set_in_words(choices.role, choices.name.strip(), bold=True)}."
            ]
            if report.rejected:
                words.append(f"{report.rejected:,} are left out, see the report.")
            new = sum(one.is_new for one in job.staged.classes) if project.classes else 0
            if new:
                words.append(f"{new:,} {'class is' if new == 1 else 'classes are'} new.")
            st.markdown(" ".join(words), width="content")
        st.button(
            f"Import {report.imported:,} {noun}",
            type="primary",
            key="imports.publish",
            disabled=bool(problem),
            on_click=_publish,
        )


def result_view(project: Project, flow: Flow) -> None:
    """What was imported, where to look at it, and the way back."""
    result = flow.result
    if result is None:
        return
    names = [version.version for version in project.versions(result.role, result.name)]
    if result.version not in names:
        return
    with st.container(key="imports_step_result", border=True):
        st.markdown(
            f"**Imported: {result.report.imported:,} {'object' if result.report.imported == 1 else 'objects'} as "
            f"version {result.version} of the {_set_in_words(result.role, result.name)}.**"
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            frame = str(result.project.frames["frame_id"].iloc[result.first_frame])
            chosen = {"labels" if result.role == "labels" else "model": result.name}
            st.page_link(urls.FRAME_PAGE, label="The first frame", query_params={**chosen, "frame": frame})
            st.page_link(urls.EXPLORE_PAGE, label="Explore", query_params=chosen)
            if project.set_names("labels") and project.set_names("predictions"):
                st.page_link(urls.PERFORMANCE_PAGE, label="Performance", query_params=chosen)
                st.page_link(urls.ERRORS_PAGE, label="Errors", query_params=chosen)
            st.button(
                "Undo",
                type="tertiary",
                key="imports.undo",
                help="Delete this version again; the one before it is the newest then",
                on_click=_undo,
            )


def _set_in_words(role: str, name: str, *, bold: bool = False) -> str:
    """``predictions model_a``, and ``labels`` where those are called nothing else."""
    shown = escape_markdown(name)
    shown = f"**{shown}**" if bold else shown
    return shown if name == role else f"{role} {shown}"


def _why_not(flow: Flow) -> str:
    """Why what was read cannot be imported; "" where it can."""
    if flow.choices is None or flow.job is None or flow.job.staged is None:
        return ""
    try:
        check_set_name(flow.choices.name)
    except PredscopeError as error:
        return for_the_page(str(error))
    report = flow.job.staged.report
    if report.imported:
        return ""
    return f"No object can be used. {describe_rejections(report)}" if report.rows else "There is no object to import."


def _publish() -> None:
    flow = current_flow()
    if flow.choices is not None and flow.job is not None:
        flow.job.publish(flow.choices.name)


def _undo() -> None:
    flow = current_flow()
    if flow.result is None:
        return
    try:
        delete_version(flow.result.project, flow.result.role, flow.result.name, flow.result.version)
    except PredscopeError as error:
        flow.problem = str(error)
    flow.result = None
