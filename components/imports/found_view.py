"""The second part of the Import page: how far the reading is, and then what was found, in numbers."""

from __future__ import annotations

import html
from typing import Final

import streamlit as st

from components.chips import escape_markdown
from components.imports.flow import Flow
from components.imports.staging_job import JobState, StagingJob
from components.imports.words import for_the_page
from predscope.formats import readers

POLL_SECONDS: Final = 0.4
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
        if job.state is JobState.FAILED:
            st.error(escape_markdown(for_the_page(job.problem)))
        else:
            st.info("The reading was cancelled. Nothing was imported.")
        st.button("Read again", key="imports.again", on_click=flow.read_again)


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
        st.markdown("##### 2. What was found")
        st.html(f'<div class="import-facts">{"".join(_fact(*fact) for fact in facts)}</div>')


def _fact(label: str, value: str, note: str) -> str:
    small = f"<small>{html.escape(note)}</small>" if note else ""
    return f"<div><span>{html.escape(label)}</span><b>{html.escape(value)}</b>{small}</div>"


def _show_progress(job: StagingJob) -> None:
    progress = job.progress
    words = progress.words
    if progress.done:
        words += f": {progress.done:,}" + (f" of {progress.total:,}" if progress.total else "")
    share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
    if progress.total:
        words += f" ({share:.0%})"
    if progress.seconds >= LONG_SECONDS:
        words += f", for {progress.seconds:.0f} s"
    values = f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share:.0%}"' if progress.total else ""
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
