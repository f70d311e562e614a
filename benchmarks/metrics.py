"""All metrics of 1,000 images of 640 x 480, beside a plain decode of the same files.

Run by itself: ``python benchmarks/metrics.py [--work DIR]``.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

from benchmarks.measure import run

IMAGES: Final = 1_000
WIDTH, HEIGHT = 640, 480
_DECODE: Final = """
import sys, time, cv2, numpy as np
from pathlib import Path
cv2.setNumThreads(1)
paths = sorted(Path(sys.argv[1]).glob("*.jpg"))
for path in paths:
    assert cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) is not None
"""


def make_images(folder: Path, seed: int = 11) -> Path:
    """Write 1,000 JPEGs with the detail of photographs (about 90 kB each), made once."""
    if (folder / "complete").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for index in range(IMAGES):
        image = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        for cells, weight in ((8, 1.0), (32, 0.5), (128, 0.25), (640, 0.08)):  # detail of every size, ever fainter
            coarse = rng.normal(0, 60, (cells * 3 // 4, cells, 3)).astype(np.float32)
            image += weight * cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        shade = np.clip(image + rng.uniform(60, 190), 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{index:04d}.jpg"), shade, [cv2.IMWRITE_JPEG_QUALITY, 88])
    (folder / "complete").touch()
    return folder


def measure_metrics(work: Path, problem: Path | None = None) -> dict[str, float]:
    """Seconds, and ratios of seconds.

    Args:
        work: a folder for images and projects.
        problem: of ``benchmarks.problem``; with it, also its 182,000 objects are measured.
    """
    images = make_images(work / "metric-images")
    project = work / "metric-project"
    shutil.rmtree(project, ignore_errors=True)
    predscope = [sys.executable, "-m", "predscope"]
    run([*predscope, "init", project, "--images", images])
    decode = run([sys.executable, "-c", _DECODE, images])
    first = run([*predscope, "metrics", "run", "--project", project, "--workers", "2"])
    second = run([*predscope, "metrics", "run", "--project", project])
    times = {
        "plain decode of 1,000 images 640 x 480, one process (s)": decode.seconds,
        "predscope metrics run, all frame metrics, 2 workers (s)": first.seconds,
        "ratio to the plain decode": first.seconds / decode.seconds,
        "predscope metrics run again, nothing to compute (s)": second.seconds,
    }
    return times | ({} if problem is None else _measure_objects(work, problem))


def _measure_objects(work: Path, problem: Path) -> dict[str, float]:
    """Object metrics that need no pixels, in this process."""
    from predscope import Project, import_labels, import_predictions
    from predscope.metrics import object_column, run_metrics
    from predscope.metrics.registry import all_metrics

    folder = work / "metric-objects"
    shutil.rmtree(folder, ignore_errors=True)
    project = Project.create(folder, images=problem / "images")
    import_labels(project, problem / "instances.json")
    import_predictions(project, problem / "results.json", name="model")
    project = Project.open(folder)
    names = [metric.name for metric in all_metrics().values() if metric.needs == "objects"]
    started = time.perf_counter()
    run_metrics(project, only=names, workers=0)
    measured = time.perf_counter()
    object_column(project, "crowding", "predictions", "model")
    return {
        "36,000 labels and 146,000 predictions, all object metrics, one process (s)": measured - started,
        "one column of 146,000 predictions (s)": time.perf_counter() - measured,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "predscope-benchmarks")
    arguments = parser.parse_args()
    from benchmarks.problem import make_problem

    for name, value in measure_metrics(arguments.work, make_problem(arguments.work / "problem")).items():
        print(f"{name:<80}{value:8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
