"""COCO JSON: labels, results, LVIS, panoptic."""
