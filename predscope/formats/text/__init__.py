"""Text files with a row an object: KITTI, plain detections."""
