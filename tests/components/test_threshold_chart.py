"""The chart with the operating point that is dragged: what it is given, and what an event may say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.threshold_chart import moved_to


@pytest.mark.parametrize(
    ("event", "confidence"),
    [
        ({"confidence": 0.43}, 0.43),
        ({"confidence": 0}, 0.0),
        ({"confidence": 1.5}, None),
        ({"confidence": float("nan")}, None),
        ({"confidence": True}, None),
        ({"confidence": "0.4"}, None),
        ({}, None),
        (None, None),
        ("0.4", None),
    ],
)
def test_an_event_says_a_confidence_or_nothing(event: object, confidence: float | None) -> None:
    assert moved_to(event) == confidence


def test_it_is_given_all_that_it_reads_while_it_is_dragged() -> None:
    def script() -> None:
        import numpy as np
        import pandas as pd

        from components.threshold_chart import threshold_chart

        table = pd.DataFrame(
            {"confidence": [0.9, 0.5], "precision": [1.0, 0.75], "recall": [np.nan, 0.5], "f1": [0.4, 0.6]}
        )
        threshold_chart(
            table, 0.43, (0.5, 0.6), is_whole=True, key="chart", file_name="rates", on_move=lambda confidence: None
        )

    app = AppTest.from_function(script).run()
    assert not app.exception
    (component,) = app.get("bidi_component")
    data = json.loads(component.proto.json)
    assert data["confidences"] == [0.9, 0.5]
    assert [line["values"] for line in data["lines"]] == [[1.0, 0.75], [None, 0.5], [0.4, 0.6]]
    assert (data["confidence"], data["plateau"], data["steps"]) == (0.43, [0.5, 0.6], True)
    assert not np.isnan(data["confidence"])
