"""What configuration cannot say of the Import page."""

from __future__ import annotations

from typing import Final

import streamlit as st

_STYLE: Final = """<style>
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
[class*="st-key-imports_offer_"] { border-left: 3px solid #d9822b; padding: 2px 0 2px 12px; gap: 8px 24px; }
[class*="st-key-imports_offer_"] > [data-testid="stLayoutWrapper"] { flex: 1 1 480px; min-width: min(480px, 100%); }
[class*="st-key-imports_offer_"] p { font-size: 14px; }
[class*="st-key-imports_offer_"] [data-testid="stCaptionContainer"] p { font-size: 13px; }
.st-key-imports_inputs { gap: 6px; }
[class*="st-key-imports_input_"] p { font-size: 14px; overflow-wrap: anywhere; }
[data-testid="stLayoutWrapper"]:has(> .st-key-imports_step_publish) { position: sticky; bottom: 0; z-index: 3; }
.st-key-imports_step_publish { gap: 4px 24px; padding: 10px 0 12px; background: light-dark(LIGHT, DARK);
  border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.st-key-imports_step_publish [data-testid="stMarkdownContainer"], .st-key-imports_step_publish p { margin: 0; }
.st-key-imports_step_result [data-testid="stPageLink"] a { padding: 4px 12px; border-radius: 6px;
  border: 1px solid color-mix(in srgb, currentColor 24%, transparent); }
.st-key-imports_step_reading { min-height: 92px; }
.import-running { height: 3px; border-radius: 2px; overflow: hidden;
  background: color-mix(in srgb, currentColor 14%, transparent); }
.import-running i { display: block; height: 100%; width: var(--share, 30%); background: #4a90d9; border-radius: 2px; }
.import-running.unknown i { animation: import-running 1.4s ease-in-out infinite; }
@keyframes import-running { from { margin-left: -30%; } to { margin-left: 100%; } }
@media (prefers-reduced-motion: reduce) { .import-running.unknown i { animation: none; width: 100%; opacity: 0.5; } }
</style>"""


def style() -> str:
    """With the grounds of both schemes: what stays in view must hide what passes below it."""
    light, dark = (str(st.get_option(f"theme.{scheme}.backgroundColor")) for scheme in ("light", "dark"))
    return _STYLE.replace("LIGHT", light).replace("DARK", dark)
