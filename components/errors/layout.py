"""Chart and photos side by side where there is room for both, else one below the other."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

STYLE: Final = """<style>
.st-key-errors_columns { container: errors / inline-size; }
.st-key-errors_row { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px 24px; align-items: start; }
.st-key-errors_row > * { min-width: 0; }
@container errors (min-width: 880px) {
  .st-key-errors_row { grid-template-columns: minmax(380px, 5fr) 7fr; }
  .st-key-errors_row > :has(> .st-key-errors_chart) {
    position: sticky;
    top: 60px;
    max-height: calc(100vh - 68px);
    overflow: hidden auto;
    scrollbar-width: thin;
  }
}
</style>"""


def columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The place of the chart, which stays in view while the photos scroll, and that of the photos."""
    row = st.container(key="errors_columns").container(key="errors_row", horizontal=True)
    return row.container(key="errors_chart"), row.container(key="errors_gallery")
