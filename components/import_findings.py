"""What the imports had to say: rejected rows, repairs and odd things, with places and remedies."""

from __future__ import annotations

import streamlit as st

from components.chips import escape_markdown
from predscope.project import Project
from predscope.report import Severity
from predscope.summary import import_problems

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "orange", Severity.INFO: "gray"}


def import_findings(project: Project) -> None:
    """One folded entry a finding; errors first."""
    findings = import_problems(project)
    if not findings:
        return
    st.markdown("##### What the imports found")
    with st.container(gap="xxsmall"):
        for position, (_, name, problem) in enumerate(findings):
            badge = f":{_COLORS[problem.severity]}-badge[{problem.severity}]"
            title = f"{badge} **{escape_markdown(name)}**: {escape_markdown(problem.message)} ({problem.count:,})"
            with st.expander(title, key=f"finding.{position}"):
                if problem.fix:
                    st.markdown(f"**What to do:** {escape_markdown(problem.fix)}")
                st.text("\n".join(problem.examples) or problem.code)
