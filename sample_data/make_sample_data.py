"""Draws the sample street scenes and writes their labels and the predictions of two simulated models.

python sample_data/make_sample_data.py [--out DIR] [--seed 7] [--check]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

if __package__:
    from .generator import summary, writers
    from .generator.clip import FRAMES_PER_SECOND
    from .generator.dataset import Frame, FrameRole, make_frames, roles
    from .generator.models import MODELS
else:
    from generator import summary, writers
    from generator.clip import FRAMES_PER_SECOND
    from generator.dataset import Frame, FrameRole, make_frames, roles
    from generator.models import MODELS

HERE = Path(__file__).resolve().parent
DEFAULT_SEED = 7
JPEG_QUALITY = 76
ANNOTATION_FOLDERS = ("labels", "labels_yolo", "labels_voc", "masks", "predictions", "predictions_yolo")
ANNOTATION_FILES = ("weaknesses.json", "README.md")


def generate(
    out: Path, seed: int = DEFAULT_SEED, *, with_images: bool = True, frame_roles: Sequence[FrameRole] | None = None
) -> list[Frame]:
    """Write the sample data into ``out``; returns the frames, without their pixels.

    Args:
        with_images: False writes the labels and predictions alone.
        frame_roles: a part of the frames; all by default.
    """
    out.mkdir(parents=True, exist_ok=True)
    frames, clip = [], []
    chosen = list(frame_roles) if frame_roles is not None else roles()
    for frame in make_frames(chosen, seed, with_images):
        if frame.image is not None:
            _write_image(out / "images" / frame.role.file_name, frame.image)
            if frame.role.clip_index is not None:
                clip.append(frame.image)
            frame.image = None
        if frame.role.subset:
            writers.write_voc(out / "labels_voc", frame)
            writers.write_class_mask(out / "masks", frame)
        frames.append(frame)
    if clip:
        _write_video(out / "video.mp4", clip)
    writers.write_json(out / "labels" / "instances.json", writers.coco_labels(frames))
    writers.write_yolo_labels(out / "labels_yolo", frames)
    for skill in MODELS:
        writers.write_json(out / "predictions" / f"{skill.name}.json", writers.coco_results(frames, skill.name))
    subset = [frame for frame in frames if frame.role.subset]
    writers.write_yolo_predictions(out / "predictions_yolo", subset, "model_b")
    entries = summary.weaknesses(frames)
    writers.write_json(out / "weaknesses.json", {"seed": seed, "weaknesses": entries})
    (out / "README.md").write_text(summary.readme(frames, entries, seed), encoding="utf-8")
    return frames


def differences(first: Path, second: Path) -> list[str]:
    """Names of annotation files that are not the same in two folders; PNGs are compared by their pixels."""
    names: set[str] = set()
    for folder in (first, second):
        for part in ANNOTATION_FOLDERS:
            names.update(path.relative_to(folder).as_posix() for path in (folder / part).rglob("*") if path.is_file())
        names.update(name for name in ANNOTATION_FILES if (folder / name).is_file())
    return sorted(name for name in names if not _same(first / name, second / name))


def _same(first: Path, second: Path) -> bool:
    if not (first.is_file() and second.is_file()):
        return False
    if first.suffix == ".png":
        pixels = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in (first, second)]
        return np.array_equal(pixels[0], pixels[1])
    return first.read_bytes() == second.read_bytes()


def _write_image(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    cv2.imwrite(str(path), image[:, :, ::-1], flags)


def _write_video(path: Path, images: list[np.ndarray]) -> None:
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FRAMES_PER_SECOND, (width, height))
    for image in images:
        writer.write(np.ascontiguousarray(image[:, :, ::-1]))
    writer.release()


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code: 1 when ``--check`` finds differences."""
    parser = argparse.ArgumentParser(description="Draw the sample street scenes and simulate two models on them.")
    parser.add_argument("--out", type=Path, default=HERE, help="where to write (default: beside this script)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="random seed (default: %(default)s)")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write the annotations to a temporary folder and compare them with those in --out",
    )
    options = parser.parse_args(arguments)
    if not options.check:
        frames = generate(options.out, options.seed)
        print(f"{len(frames)} frames, {sum(len(frame.labels) for frame in frames)} labels in {options.out}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), options.seed, with_images=False)
        changed = differences(options.out, Path(folder))
    if changed:
        print(f"{len(changed)} annotation files differ from what seed {options.seed} gives:", file=sys.stderr)
        for name in changed[:20]:
            print(f"  {name}", file=sys.stderr)
        print("Run the script without --check to write them again.", file=sys.stderr)
        return 1
    print("The annotations are what the script writes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
