"""Arguments as the client was published with them: names, orders and defaults; what is given is never changed."""

from __future__ import annotations

import copy
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import predscope.compat.aquarium as al
from predscope.errors import InputError
from tests.compat.aquarium_data import HEIGHT, WIDTH, inferences_of, make_planes

BOX = "sensor_id='DEFAULT' label_id classification top left width height"
MASK = "sensor_id='DEFAULT' label_id mask_url=None mask_data=None"
KEYPOINTS = "keypoints {} top=None left=None width=None height=None polygons=None center=None user_attrs=None"
UPLOAD = "data_url=None embeddings_url=None {}=None wait_until_finish=False preview_first_frame=False"
BY_KEYWORD = {
    "LabeledFrame.__init__": "frame_id date_captured=None device_id=None update_type='ADD'",
    "LabeledFrame.add_image": "sensor_id='DEFAULT' image_url preview_url=None date_captured=None width=None",
    "LabeledFrame.add_frame_embedding": "embedding model_id=''",
    "LabeledFrame.add_crop_embedding": "label_id embedding model_id=''",
    "LabeledFrame.add_label_2d_bbox": f"{BOX} confidence=None iscrowd=None user_attrs=None links=None",
    "LabeledFrame.add_label_2d_line_segment": "label_id classification x1 y1 x2 y2 confidence=None iscrowd=None",
    "LabeledFrame.add_label_2d_keypoints": KEYPOINTS.format("confidence=None"),
    "LabeledFrame.add_label_2d_polygon_list": "polygons confidence=None center=None user_attrs=None",
    "LabeledFrame.add_label_2d_semseg": f"{MASK} resize_mode=None",
    "LabeledFrame.add_label_2d_instance_seg": f"{MASK} instance_mapping resize_mode=None",
    "LabeledFrame.add_label_2d_classification": "confidence=None secondary_labels=None user_attrs=None",
    "UnlabeledFrame.__init__": "frame_id date_captured=None device_id=None reuse_latest_embedding=False",
    "InferencesFrame.__init__": "frame_id reuse_latest_embedding=False update_type='ADD'",
    "InferencesFrame.add_inference_2d_bbox": f"{BOX} confidence area=None iscrowd=None user_attrs=None",
    "InferencesFrame.add_inference_2d_line_segment": "x1 y1 x2 y2 confidence iscrowd=None user_attrs=None links=None",
    "InferencesFrame.add_inference_2d_keypoints": KEYPOINTS.format("confidence"),
    "InferencesFrame.add_inference_2d_polygon_list": "polygons confidence center=None user_attrs=None",
    "InferencesFrame.add_inference_2d_semseg": f"{MASK} resize_mode=None",
    "InferencesFrame.add_inference_2d_instance_seg": f"{MASK} instance_mapping resize_mode=None",
    "InferencesFrame.add_inference_2d_classification": "confidence user_attrs=None",
    "InferencesFrame.add_2d_bbox": f"{BOX} confidence=None",
    "ClassMapEntry.__init__": "name class_id color train_name=None train_id=None category=None category_id=None "
    "has_instances=True ignore_in_eval=False train_color=None keypoint_names=None skeleton=None",
    "Client.set_credentials": "token=None app_id=None app_key=None api_key=None",
}
BY_POSITION = {
    "LabeledFrame.add_user_metadata": "key val val_type=None",
    "LabeledFrame.add_geo_latlong_data": "lat lon",
    "InferencesFrame.add_custom_metric": "name value",
    "InferencesFrame.add_visualization_asset": "image_id image_url",
    "LabelClassMap.__init__": "entries=None",
    "Client.create_project": "project_id label_class_map primary_task=None secondary_labels=None",
    "Client.create_dataset": "project_id dataset_id " + UPLOAD.format("dataset"),
    "Client.create_or_update_dataset": "project_id dataset_id " + UPLOAD.format("dataset"),
    "Client.create_inferences": "project_id dataset_id inferences_id " + UPLOAD.format("inferences"),
    "Client.create_or_update_inferences": "project_id dataset_id inferences_id " + UPLOAD.format("inferences"),
}


@pytest.mark.parametrize("name", [*BY_KEYWORD, *BY_POSITION])
def test_names_orders_and_defaults(name: str) -> None:
    class_name, method = name.split(".")
    parameters = inspect.signature(getattr(getattr(al, class_name), method)).parameters
    expected = (BY_KEYWORD | BY_POSITION)[name].split()
    names = [entry.partition("=")[0] for entry in expected]
    kept = [parameters[argument] for argument in names]
    found = [
        entry.name if entry.default is inspect.Parameter.empty else f"{entry.name}={entry.default!r}" for entry in kept
    ]
    assert found == expected
    if name in BY_POSITION:
        positions = [argument for argument in parameters if argument in names]
        assert positions == names
        assert all(entry.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for entry in kept)
    else:
        assert all(entry.kind is inspect.Parameter.KEYWORD_ONLY for entry in kept)


def test_what_scripts_give_is_never_changed(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "photos", count=1)
    mask = np.ones((HEIGHT, WIDTH), np.uint8)
    given: dict[str, Any] = {
        "user_attrs": {"color": "red"},
        "polygons": [{"vertices": [(1, 1), (20, 1), (20, 20)]}],
        "keypoints": [{"x": 1, "y": 2, "name": "nose"}],
        "instance_mapping": [{"id": 1, "classification": "plane", "attributes": {"standing": True}}],
        "embedding": [1, 2, 3],
    }
    before = copy.deepcopy(given)
    frame = al.InferencesFrame(frame_id="p0")
    common = {"classification": "plane", "confidence": 1, "user_attrs": given["user_attrs"]}
    frame.add_inference_2d_bbox(label_id="0", top=1, left=1, width=3, height=3, **common)
    frame.add_inference_2d_polygon_list(label_id="1", polygons=given["polygons"], **common)
    frame.add_inference_2d_keypoints(label_id="2", keypoints=given["keypoints"], **common)
    frame.add_inference_2d_instance_seg(label_id="3", mask_data=mask, instance_mapping=given["instance_mapping"])
    frame.add_frame_embedding(embedding=given["embedding"])
    frame.add_crop_embedding(label_id="0", embedding=given["embedding"])
    client.create_inferences("planes", "train", "model", None, None, inferences_of(frame), True)
    assert given == before
    assert (mask == 1).all()


def test_what_is_no_list_is_refused_with_frame_and_label() -> None:
    frame = al.LabeledFrame(frame_id="p7")
    with pytest.raises(InputError, match="frame 'p7', label 'x1': keypoints must be a list, got int"):
        frame.add_label_2d_keypoints(label_id="x1", classification="plane", keypoints=5)
    with pytest.raises(InputError, match="frame 'p7', label 'x1': instance_mapping must be a list, got str"):
        frame.add_label_2d_instance_seg(label_id="x1", mask_url="a.png", instance_mapping="5")
