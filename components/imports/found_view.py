"""The second part of the Import page: how far the reading is, and then what was found, in numbers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from components.chips import escape_markdown
from components.imports.flow import Flow
from components.imports.report_view import corrections_view
from components.imports.source_view import ROLES, choose_path
from components.imports.staging_job import JobState, StagingJob
from components.imports.words import for_the_page
from predscope.errors import InputError
from predscope.formats import readers
from predscope.formats.data_sets import FoundInput, SeveralInputsError
from predscope.formats.folders import place_below
from predscope.progress import duration_in_words, share_in_words

POLL_SECONDS: Final = 0.4
MOST_INPUTS: Final = 12
"""Inputs of a folder that are offered."""
LONG_SECONDS: Final = 3.0
"""A reading that takes longer says for how long it has gone on."""
_NOUNS: Final = {
    "box": ("box", "boxes"),
    "oriented_box": ("rotated box", "rotated boxes"),
    "polygon": ("polygon", "polygons"),
    "mask": ("mask", "masks"),
    "keypoints": ("set of keypoints", "sets of keypoints"),
    "polyline": ("line", "lines"),
    "classification": ("class of a whole frame", "classes of whole frames"),
}


def show_reading(flow: Flow) -> None:
    """The progress of what is being read or published, with a way to cancel it."""

    def follow() -> None:
        job = flow.job
        if job is None or job.state not in (JobState.READING, JobState.PUBLISHING):
            st.rerun()
        else:
            _show_progress(job)

    with st.container(key="imports_step_reading"):
        st.fragment(follow, run_every=POLL_SECONDS)()


def show_stopped(flow: Flow) -> None:
    """Why nothing was read."""
    job = flow.job
    if job is None:
        return
    with st.container(key="imports_step_stopped"):
        if job.state is not JobState.FAILED:
            st.info("The reading was cancelled. Nothing was imported.")
            st.button("Read again", key="imports.again", on_click=flow.read_again)
        elif isinstance(job.error, SeveralInputsError) and job.error.inputs:
            _ask_which(job.error.inputs, job.request.path)
        else:
            st.error(_what_is_wrong(job))
            with st.container(horizontal=True):
                st.button("Choose another file", key="imports.other_file", on_click=flow.choose, args=(None,))
                st.button("Read again", key="imports.again", type="tertiary", on_click=flow.read_again)


def _ask_which(inputs: Sequence[FoundInput], folder: Path) -> None:
    """One button for each input that a folder holds."""
    roles = {entry.detection.role for entry in inputs}
    of_role = f" of {ROLES[inputs[0].detection.role].lower()}" if len(roles) == 1 else ""
    question = f"This folder holds {len(inputs):,} inputs{of_role}. Which one is meant?"
    st.markdown(f"**{question}** The others can be imported after it.")
    with st.container(key="imports_inputs"):
        for place, entry in enumerate(inputs[:MOST_INPUTS]):
            name = place_below(entry.path, folder) if entry.path != folder else "The folder itself"
            with st.container(horizontal=True, vertical_alignment="center", key=f"imports_input_{place}"):
                st.button("Use", key=f"imports.input.{place}", on_click=choose_path, args=(entry.path,))
                st.markdown(
                    f"**{escape_markdown(name)}** &nbsp;:gray[{ROLES[entry.detection.role].lower()}: "
                    f"{escape_markdown(entry.detection.reason)}]",
                    width="content",
                )
    if len(inputs) > MOST_INPUTS:
        st.caption(f"{len(inputs) - MOST_INPUTS:,} more: choose the one that you mean by its own path.")


def _what_is_wrong(job: StagingJob) -> str:
    """The error in two lines: what, and what to do; the path only where it is another than the one chosen."""
    error = job.error
    if not isinstance(error, InputError):
        return escape_markdown(for_the_page(job.problem))
    where = Path(error.where).name if error.where == str(job.request.path) else error.where
    what = for_the_page(error.what if where is None else f"{where}: {error.what}")
    lines = [escape_markdown(what), escape_markdown(for_the_page(error.fix or ""))]
    return "\n\n".join(line for line in lines if line)


def found_view(flow: Flow) -> None:
    """The numbers of a reading that is ready."""
    job = flow.job
    if job is None or job.staged is None:
        return
    report = job.staged.report
    reader = readers().get(report.format)
    facts = [("Format", reader.title if reader else report.format, "")]
    facts.append(("Objects", f"{report.rows:,}", _kinds(job)))
    facts.append(("Imported", f"{report.imported:,}", f"{report.repaired:,} repaired" if report.repaired else ""))
    if report.rejected:
        facts.append(("Rejected", f"{report.rejected:,}", ""))
    known = len(job.staged.project.frames_table)
    facts.append(("Frames found", f"{report.frames_matched:,} of {report.frames:,}", f"the project has {known:,}"))
    facts.append(("Classes", f"{len(job.staged.classes):,}", _new_classes(flow)))
    with st.container(key="imports_step_found"):
        st.markdown("##### What was found")
        st.html(f'<div class="import-facts">{"".join(_fact(*fact) for fact in facts)}</div>')
        corrections_view(flow)


def _fact(label: str, value: str, note: str) -> str:
    small = f"<small>{html.escape(note)}</small>" if note else ""
    return f"<div><span>{html.escape(label)}</span><b>{html.escape(value)}</b>{small}</div>"


def _show_progress(job: StagingJob) -> None:
    progress = job.progress
    words = progress.words
    share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
    if progress.total:
        percent = share_in_words(progress.done, progress.total)
        words += f": {progress.done:,} of {progress.total:,} ({percent})"
    elif progress.done:
        words += f": {progress.done:,}"
    if progress.seconds_left is not None:
        words += f", {duration_in_words(progress.seconds_left)} left"
    elif progress.seconds >= LONG_SECONDS:
        words += f", for {progress.seconds:.0f} s"
    values = f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share * 100:.0f}"' if progress.total else ""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"{escape_markdown(words)} …", width="content")
        if job.state is JobState.READING:
            st.button("Cancel", key="imports.cancel", on_click=job.cancel)
    style = f' style="--share:{share:.1%}"' if progress.total else ""
    st.html(
        f'<div class="import-running{"" if progress.total else " unknown"}" role="progressbar" '
        f'aria-label="{html.escape(words)}" {values}{style}><i></i></div>'
    )


def _kinds(job: StagingJob) -> str:
    """``all boxes``, or ``280 boxes, 12 masks``."""
    counts = sorted(job.geometries.items(), key=lambda pair: -pair[1])
    if len(counts) == 1:
        return f"all {_NOUNS.get(counts[0][0], (counts[0][0],) * 2)[1]}"
    return ", ".join(f"{count:,} {_NOUNS.get(name, (name,) * 2)[count != 1]}" for name, count in counts)


def _new_classes(flow: Flow) -> str:
    new = sum(one.is_new for one in flow.known_classes)
    return f"{new:,} of them new" if new and new < len(flow.known_classes) else ""
