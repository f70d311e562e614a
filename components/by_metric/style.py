"""Where the parts of the page stand."""

from __future__ import annotations

from typing import Final

STYLE: Final = """<style>
.st-key-by_metric_settings > :first-child { flex: 1; min-width: 180px; }
/* Where there is one column only, photos stand right below the chart that they belong to. */
@container errors (max-width: 879.98px) {
  .st-key-errors_row > :has(> .st-key-errors_chart), .st-key-errors_chart { display: contents; }
  .st-key-errors_row > :has(> .st-key-errors_gallery) { order: 1; }
  .st-key-errors_chart > :has(> .st-key-by_metric_matters) { order: 2; }
}
.by-metric-legend { font-size: 12.5px; opacity: 0.8; }
.by-metric-legend i { display: inline-block; width: 10px; height: 8px; margin-right: 4px; border-radius: 1px; }
</style>"""
