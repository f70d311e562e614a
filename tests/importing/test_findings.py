"""The catalogue of findings is whole, and used."""

from __future__ import annotations

from pathlib import Path

import predscope.importing
from predscope.importing.findings import NOTICES, REJECTIONS, REPAIRS
from predscope.report import Severity

SOURCES = "".join(
    path.read_text() for path in Path(predscope.importing.__file__).parent.rglob("*.py") if path.name != "findings.py"
)


def test_every_code_stands_for_one_finding_that_is_reported_somewhere() -> None:
    codes = [*REJECTIONS, *REPAIRS, *NOTICES]
    assert len(codes) == len(set(codes))
    for code in codes:
        stem = "frames_without_" if code.startswith("frames_without_") else f'"{code}"'
        assert stem in SOURCES, code


def test_every_finding_is_a_sentence_and_every_rejection_says_what_to_do() -> None:
    for finding in (*REJECTIONS.values(), *REPAIRS.values(), *NOTICES.values()):
        assert finding.message.endswith(".")
        assert finding.message[0].isupper()
        assert finding.fix == "" or finding.fix.endswith((".", "DIR"))
    assert all(finding.severity is Severity.ERROR and finding.fix for finding in REJECTIONS.values())
    assert all(finding.severity is Severity.WARNING for finding in REPAIRS.values())
