"""Messages stay readable, whatever stands in a file."""

from __future__ import annotations

from predscope.errors import InputError
from predscope.report import ImportReport
from predscope.short_words import short_words


def test_only_endless_words_and_texts_are_cut() -> None:
    usual = "annotations[12]: x = -3.2 in " + "folder/" * 20 + "000012.jpg"
    assert short_words(usual) == usual
    assert short_words(f"before {'9' * 5000} after") == f"before {'9' * 60}…{'9' * 60} after"
    assert len(short_words("a b " * 5000)) == 2_000


def test_messages_of_errors_and_reports_are_short() -> None:
    assert len(str(InputError(f"has the columns {'x' * 70_000}.", where="a.csv", fix="Rename them."))) < 250
    report = ImportReport()
    report.reject("some_code", "Rows cannot be read.", examples=["y" * 70_000])
    assert len(report.problems["some_code"].examples[0]) < 200
