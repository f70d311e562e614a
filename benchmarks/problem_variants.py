"""More of the problem: half a million predictions, masks, and a small part of it. Seeded, made once, kept beside it.

``python benchmarks/problem_variants.py FOLDER`` makes everything, the problem itself too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import orjson
from hotcoco import mask as rle_codec

from benchmarks.problem import make_problem

PART_FRAMES: Final = 250
"""Frames that the slowest peer is given."""
LARGE_PREDICTIONS: Final = 500_000
MILLION: Final = 1_000_000
MASK_FRAMES: Final = 1_000
MASKS: Final = 30_000
_OUTLINE_POINTS: Final = 48


def make_large_results(problem: Path, count: int = LARGE_PREDICTIONS, seed: int = 11) -> Path:
    """``results_500k.json``: so many predictions near the labels of the problem, half a million by default."""
    path = problem / f"results_{count // 1000}k.json"
    if path.is_file():
        return path
    rng = np.random.default_rng(seed)
    content = orjson.loads((problem / "instances.json").read_bytes())
    labels = content["annotations"]
    boxes = np.array([label["bbox"] for label in labels])
    near = rng.integers(len(labels), size=count)
    moved = boxes[near] + rng.normal(0, 0.15, (count, 4)) * np.tile(boxes[near][:, 2:], 2)
    moved = np.round(np.maximum(moved, [0, 0, 2, 2]), 2).tolist()
    scores = np.round(rng.beta(1, 3, count), 4).tolist()
    classes = rng.integers(1, 81, count).tolist()
    is_stray = (rng.random(count) < 0.1).tolist()
    records = [
        {
            "image_id": labels[place]["image_id"],
            "category_id": other if stray else labels[place]["category_id"],
            "bbox": box,
            "score": score,
        }
        for place, box, score, other, stray in zip(near.tolist(), moved, scores, classes, is_stray, strict=True)
    ]
    path.write_bytes(orjson.dumps(records))
    return path


def make_masks(problem: Path, seed: int = 13) -> tuple[Path, Path]:
    """``masks.json`` and ``mask_results.json``: 1,000 frames, labels with polygons, 30,000 run-length predictions."""
    paths = problem / "masks.json", problem / "mask_results.json"
    if all(path.is_file() for path in paths):
        return paths
    rng = np.random.default_rng(seed)
    content = _first_frames(problem, MASK_FRAMES)
    sizes = {image["id"]: (image["height"], image["width"]) for image in content["images"]}
    for label in content["annotations"]:
        label["segmentation"] = [_outline(rng, label["bbox"], sizes[label["image_id"]])]
    labels = content["annotations"]
    records = []
    for place in rng.integers(len(labels), size=MASKS).tolist():
        label = labels[place]
        height, width = sizes[label["image_id"]]
        box = np.array(label["bbox"])
        box = np.maximum(box + rng.normal(0, 0.08, 4) * np.tile(box[2:], 2), [0, 0, 4, 4])
        mask = rle_codec.frPyObjects([_outline(rng, box.tolist(), (height, width))], height, width)[0]
        records.append(
            {
                "image_id": label["image_id"],
                "category_id": label["category_id"],
                "score": round(float(rng.beta(1, 2)), 4),
                "segmentation": {"size": [height, width], "counts": mask["counts"].decode()},
            }
        )
    paths[0].write_bytes(orjson.dumps(content))
    paths[1].write_bytes(orjson.dumps(records))
    return paths


def make_part(problem: Path, frames: int = PART_FRAMES, results: str = "results.json") -> tuple[Path, Path]:
    """The first frames of the problem, with their labels and predictions."""
    stem = Path(results).stem
    paths = problem / f"instances_{frames}.json", problem / f"{stem}_{frames}.json"
    if not all(path.is_file() for path in paths):
        content = _first_frames(problem, frames)
        kept = {image["id"] for image in content["images"]}
        records = orjson.loads((problem / results).read_bytes())
        paths[0].write_bytes(orjson.dumps(content))
        paths[1].write_bytes(orjson.dumps([record for record in records if record["image_id"] in kept]))
    return paths


def _first_frames(problem: Path, frames: int) -> dict[str, Any]:
    content = orjson.loads((problem / "instances.json").read_bytes())
    content["images"] = content["images"][:frames]
    kept = {image["id"] for image in content["images"]}
    content["annotations"] = [label for label in content["annotations"] if label["image_id"] in kept]
    return content


def _outline(rng: np.random.Generator, box: list[float], size: tuple[int, int]) -> list[float]:
    """An uneven round shape in a box, inside its frame."""
    angles = np.linspace(0, 2 * np.pi, _OUTLINE_POINTS, endpoint=False)
    reach = 1 + np.convolve(rng.normal(0, 0.12, _OUTLINE_POINTS + 4), np.ones(5) / 5, "valid")
    x = box[0] + box[2] * (1 + reach * np.cos(angles)) / 2
    y = box[1] + box[3] * (1 + reach * np.sin(angles)) / 2
    points = np.stack([np.clip(x, 0, size[1]), np.clip(y, 0, size[0])], axis=1)
    return np.round(points.ravel(), 1).tolist()


def main() -> int:
    problem = make_problem(Path(sys.argv[1]))
    make_large_results(problem)
    million = make_large_results(problem, MILLION)
    make_masks(problem)
    make_part(problem)
    make_part(problem, results=million.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
