"""The first part of the Import page: which file or folder, what it is taken for, and under which name."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import streamlit as st

from components.chips import escape_markdown
from components.imports.file_browser import file_browser, size_in_words
from components.imports.flow import Choices, Flow, current_flow
from components.imports.looking_job import LookingJob
from components.imports.staging_job import JobState
from components.imports.uploads import Upload
from components.imports.words import for_the_page
from components.widget_values import put
from predscope.formats import readers
from predscope.importing.inspection import MOST_FILES, Inspection, foreign_path, typed_path
from predscope.importing.sources import default_set_name
from predscope.project import Project
from predscope.schema import Role

ROLES: Final[dict[Role, str]] = {"predictions": "Predictions", "labels": "Labels"}
ROLE_PARAMETER: Final = "role"
_PATH: Final = "imports.path"
_UPLOAD: Final = "imports.upload"
_ROLE: Final = "imports.role"
_NAME: Final = "imports.name"
_FORMAT: Final = "imports.format"
_IMAGES: Final = "imports.images"
_AUTO: Final = "auto"
_MOMENT_SECONDS: Final = 0.7
"""A look that takes no longer needs no word."""
_POLL_SECONDS: Final = 0.4


def source_view(project: Project, flow: Flow) -> None:
    """Choose an input, or say how the one that is chosen is taken."""
    with st.container(key="imports_step_source"):
        if flow.looking is not None:
            st.markdown("##### What is imported")
            _show_looking(flow.looking)
        elif flow.choices is None:
            st.markdown("##### Choose a file or a folder")
            _choose(project, flow)
        else:
            st.markdown("##### What is imported")
            _chosen(project, flow, flow.choices)


def _choose(project: Project, flow: Flow) -> None:
    st.text_input(
        "Path on this machine",
        key=_PATH,
        placeholder="Type or paste a path, such as ~/runs/results.json",
        label_visibility="collapsed",
        on_change=_typed,
    )
    if flow.problem:
        st.error(escape_markdown(for_the_page(flow.problem)))
    browse, upload = st.columns([3, 1], gap="medium")
    with browse:
        file_browser(_first_folder(project), _places(project), choose_path, key="imports.browser")
    with upload:
        st.file_uploader(
            "Or drop files here",
            accept_multiple_files=True,
            key=_UPLOAD,
            on_change=_uploaded,
            help="For files that are on another machine than this app. What is on this machine is better chosen by "
            "its path: it is then read in place.",
        )


def _show_looking(looking: LookingJob) -> None:
    """Said while it takes long, and followed until it ends."""

    def follow() -> None:
        if looking.is_done:
            _take_look()
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"Looking at {escape_markdown(str(looking.path))} …", width="content")
            st.button("Cancel", key="imports.look_cancel", on_click=_forget)
        st.html(
            '<div class="import-running unknown" role="progressbar" aria-label="Looking at the files"><i></i></div>'
        )

    st.fragment(follow, run_every=_POLL_SECONDS)()


def _chosen(project: Project, flow: Flow, choices: Choices) -> None:
    inspection = choices.inspection
    name = ", ".join(choices.upload.names[:3]) if choices.upload else inspection.path.name or str(inspection.path)
    place = "uploaded" if choices.upload else str(inspection.path.parent)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(
            f'<div class="import-file"><b>{html.escape(name)}</b><span>{html.escape(_extent(inspection))}</span>'
            f"<span>{html.escape(place)}</span></div>",
            width="content",
        )
        st.button("Choose another", key="imports.other", type="tertiary", on_click=_forget)
    kind, called, read_as = st.columns([2, 2, 4], vertical_alignment="top")
    put(_ROLE, choices.role)
    kind.segmented_control(
        "It holds", list(ROLES), format_func=lambda role: ROLES[role], key=_ROLE, required=True, on_change=_take_role
    )
    put(_NAME, choices.name)
    called.text_input("Name of the set", key=_NAME, max_chars=200, on_change=_take_name)
    options = _format_words(inspection)
    key = f"{_FORMAT}.{inspection.path}"  # the words of one input would stay in the box of the next
    put(key, choices.format)
    read_as.selectbox(
        "Format", list(options), format_func=options.__getitem__, key=key, on_change=_take_format, args=(key,)
    )
    if choices.role == "labels" and (project.images_root is None or choices.images or _lacks_images(flow)):
        put(_IMAGES, "" if choices.images is None else str(choices.images))
        known = project.images_root
        st.text_input(
            "Folder of the images" if known else "Folder of the images (the project has none yet)",
            key=_IMAGES,
            placeholder=f"As until now: {known}" if known else "Without it, frames have no picture",
            on_change=_take_images,
        )
    st.caption(_what_becomes(project, choices))


def _lacks_images(flow: Flow) -> bool:
    """Whether the labels speak of images that the project does not have: another folder may have them."""
    job = flow.job
    if job is None:
        return False
    if job.staged is not None:
        return "labels_without_image" in job.staged.report.problems
    return job.state is JobState.FAILED and "--images" in job.problem


def _what_becomes(project: Project, choices: Choices) -> str:
    versions = project.versions(choices.role, choices.name.strip()) if choices.name.strip() else []
    noun = "label set" if choices.role == "labels" else "prediction set"
    if not versions:
        return f"This will be a new {noun}."
    number = project.manifest.next_version(choices.role, choices.name.strip())
    kept = "the earlier one is" if len(versions) == 1 else f"the {len(versions)} earlier ones are"
    return f"There is a {noun} of this name: this will be its version {number}, and {kept} kept."


def _format_words(inspection: Inspection) -> dict[str, str]:
    """Formats by name: what was found first, then all others."""
    found = {entry.name: entry for entry in inspection.formats}
    best = inspection.formats[0] if inspection.formats else None
    words = {_AUTO: "None was recognised" if best is None else f"{best.title}: {best.reason}"}
    likely = [entry for entry in found.values() if entry is not best]
    words |= {entry.name: f"{entry.title}: {entry.reason}" for entry in likely}
    rest = {name: reader.title for name, reader in readers().items() if name not in words}
    return words | dict(sorted(rest.items(), key=lambda pair: pair[1].casefold()))


def _extent(inspection: Inspection) -> str:
    size = size_in_words(inspection.byte_count)
    if not inspection.is_folder:
        return size
    count = f"{inspection.file_count:,}{' or more' if inspection.file_count >= MOST_FILES else ''}"
    return f"folder of {count} {'file' if inspection.file_count == 1 else 'files'}, {size}"


def _first_folder(project: Project) -> Path:
    return project.path.parent


def _places(project: Project) -> dict[str, Path]:
    places = {"Project": project.path.parent}
    if project.images_root is not None:
        places["Images"] = project.images_root.parent
    return places | {"Home": Path.home()}


# A click that follows another within a moment may be told after its widget has gone: callbacks expect no value.


def _typed() -> None:
    text = st.session_state.get(_PATH) or ""
    path, problem = typed_path(text), foreign_path(text)
    if problem:
        current_flow().choose(None)
        current_flow().problem = problem
    elif path is not None:
        choose_path(path)


def _uploaded() -> None:
    files = st.session_state.get(_UPLOAD)
    if files:
        upload = Upload(files)
        choose_path(upload.path, upload)


def choose_path(path: Path, upload: Upload | None = None) -> None:
    """Look at a file or a folder, and take it for what it seems to be."""
    flow = current_flow()
    asked = st.query_params.get(ROLE_PARAMETER)
    flow.choose(None)
    flow.looking = LookingJob(path, cast(Role, asked) if asked in ROLES else None)
    flow.looking_upload = upload
    if flow.looking.wait(_MOMENT_SECONDS):
        _take_look()


def _take_look() -> None:
    """What the look has found is chosen."""
    flow = current_flow()
    looking, upload = flow.looking, flow.looking_upload
    if looking is None:
        return
    inspection = looking.inspection
    if inspection is None:
        flow.choose(None)
        flow.problem = looking.problem
        return
    name = inspection.name
    if upload is not None and len(upload.names) > 1:
        name = default_set_name(Path("uploaded"), inspection.role)
    flow.choose(Choices(inspection, inspection.role, name, upload=upload))
    st.session_state.pop(_PATH, None)


def _forget() -> None:
    flow = current_flow()
    if flow.looking is not None:
        flow.looking.give_up()
    flow.choose(None)


def _take_role() -> None:
    flow, role = current_flow(), st.session_state.get(_ROLE)
    if flow.choices is None or role not in ROLES or role == flow.choices.role:
        return
    choices = flow.choices
    path = choices.inspection.path
    is_own_name = choices.name != default_set_name(path, choices.role)
    name = choices.name if is_own_name else default_set_name(path, role)
    images = choices.images if role == "labels" else None
    flow.choose(replace(choices, role=role, name=name, images=images, classes=()))


def _take_name() -> None:
    if _NAME in st.session_state:
        current_flow().change(name=st.session_state[_NAME])


def _take_format(key: str) -> None:
    flow, name = current_flow(), st.session_state.get(key)
    if flow.choices is not None and name != flow.choices.format and name in (_AUTO, *readers()):
        flow.change(format=name, classes=())


def _take_images() -> None:
    current_flow().change(images=typed_path(st.session_state.get(_IMAGES) or ""))
