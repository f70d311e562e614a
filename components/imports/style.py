"""What configuration cannot say of the Import page."""

from __future__ import annotations

from typing import Final

STYLE: Final = """<style>
.st-key-imports_flow { gap: 20px; max-width: 1160px; }
.st-key-imports_versions { max-width: 1160px; margin-top: 12px; }
[class*="st-key-imports_step_"] { gap: 8px; }
.import-facts { display: flex; flex-wrap: wrap; gap: 8px 34px; }
.import-facts span { display: block; font-size: 13px; line-height: 18px; opacity: 0.68; }
.import-facts b { font-size: 19px; line-height: 26px; font-weight: 550; letter-spacing: -0.01em; }
.import-facts small { font-size: 13px; opacity: 0.68; margin-left: 4px; }
.import-file { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: baseline; line-height: 22px; }
.import-file b { font-weight: 600; overflow-wrap: anywhere; }
.import-file span { opacity: 0.68; font-size: 14px; overflow-wrap: anywhere; }
.st-key-imports_corrections { gap: 6px; }
.st-key-imports_corrections button { min-height: 26px; padding: 0 8px 0 10px; border-radius: 13px; }
.st-key-imports_corrections button p { font-size: 13px; }
[class*="st-key-imports_class_row_"] { row-gap: 0; }
[class*="st-key-imports_class_row_"] p { font-size: 14px; }
[class*="st-key-imports_class_row_"] [data-testid="stCaptionContainer"] p { font-size: 13px; }
.st-key-imports_class_rows { gap: 4px; }
[class*="st-key-imports_finding_"] { gap: 4px; }
.import-running { height: 3px; border-radius: 2px; overflow: hidden;
  background: color-mix(in srgb, currentColor 14%, transparent); }
.import-running i { display: block; height: 100%; width: var(--share, 30%); background: #4a90d9; border-radius: 2px; }
.import-running.unknown i { animation: import-running 1.4s ease-in-out infinite; }
@keyframes import-running { from { margin-left: -30%; } to { margin-left: 100%; } }
@media (prefers-reduced-motion: reduce) { .import-running.unknown i { animation: none; width: 100%; opacity: 0.5; } }
</style>"""
