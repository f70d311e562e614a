"""Predictions made on the fly, through the writer, frame by frame: ``python write_many.py PROJECT ROWS``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from predscope import PredictionWriter, Project

A_FRAME = 100


def main() -> int:
    project, rows = Project.open(Path(sys.argv[1])), int(sys.argv[2])
    frames = project.frames["file_name"].tolist()
    generator = np.random.default_rng(0)
    with PredictionWriter(project, "written", box_format="xyxy", units="pixels") as writer:
        for call in range(rows // A_FRAME):
            corner = generator.uniform(0, 300, (A_FRAME, 2))
            writer.add_batch(
                frames[call * 7919 % len(frames)],  # in no order
                classes=generator.integers(1, 81, A_FRAME),
                confidences=generator.random(A_FRAME),
                boxes=np.hstack([corner, corner + generator.uniform(5, 75, (A_FRAME, 2))]),
            )
    print(writer.result.objects.count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
