"""FiftyOne on the same files, run by a Python that has it: ``python peer_fiftyone.py LABELS RESULTS IMAGES [load]``.

Prints one line a step: its name, a tab, seconds. FiftyOne needs a MongoDB server, which its package downloads where it
is installed; without one it stops here and says so.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import fiftyone as fo
import fiftyone.utils.coco as fouc


def main() -> int:
    labels, results, images = sys.argv[1:4]
    load_only = sys.argv[4:] == ["load"]
    fo.config.show_progress_bars = False
    started = time.perf_counter()
    dataset = fo.Dataset.from_dir(
        dataset_type=fo.types.COCODetectionDataset,
        data_path=images,
        labels_path=labels,
        label_types="detections",
        label_field={"detections": "labels", "coco_id": "coco_id"},
        include_id=True,
    )
    with_labels = time.perf_counter()
    categories = json.loads(Path(labels).read_bytes())["categories"]
    fouc.add_coco_labels(dataset, "predictions", results, categories, coco_id_field="coco_id")
    loaded = time.perf_counter()
    print(f"load predictions\t{loaded - with_labels}")
    if load_only:
        return 0
    found = dataset.evaluate_detections("predictions", gt_field="labels", eval_key="e", method="coco", compute_mAP=True)
    found.mAP()
    ended = time.perf_counter()
    print(f"load\t{loaded - started}")
    print(f"evaluate\t{ended - loaded}")
    print(f"mAP\t{found.mAP()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
