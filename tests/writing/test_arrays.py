"""Arrays of other libraries, which are known by what they can do: none of them is imported, here or there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from predscope import InputError, PredictionWriter, Project
from predscope.writing.arrays import as_array, as_scalar, numbers
from tests.writing.conftest import HEIGHT, WIDTH


class Tensor:
    """Refuses what a PyTorch tensor on a GPU with a gradient refuses."""

    def __init__(self, values: Any, device: str = "cuda", requires_grad: bool = True, is_bfloat: bool = False) -> None:
        self._values = np.asarray(values)
        self._device, self._requires_grad, self._is_bfloat = device, requires_grad, is_bfloat

    @property
    def shape(self) -> tuple[int, ...]:
        return self._values.shape

    @property
    def ndim(self) -> int:
        return self._values.ndim

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: Any) -> Tensor:
        return Tensor(self._values[index], self._device, self._requires_grad, self._is_bfloat)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.numpy()

    def __float__(self) -> float:
        return float(self._values)

    def detach(self) -> Tensor:
        return Tensor(self._values, self._device, False, self._is_bfloat)

    def cpu(self) -> Tensor:
        return Tensor(self._values, "cpu", self._requires_grad, self._is_bfloat)

    def float(self) -> Tensor:
        return Tensor(self._values.astype(np.float32), self._device, self._requires_grad)

    def numpy(self) -> np.ndarray:
        if self._requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self._device != "cpu":
            raise TypeError("can't convert cuda:0 device type tensor to numpy.")
        if self._is_bfloat:
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self._values


class OnlyArray:
    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self._values


class OnlyDlpack:
    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)

    def __dlpack__(self, **options: Any) -> Any:
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._values.__dlpack_device__()


class OnGpu:
    """As CuPy's: no implicit way to NumPy."""

    __cuda_array_interface__: dict[str, Any] = {}

    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`.")

    def get(self) -> np.ndarray:
        return self._values


def bfloat16(values: Any) -> Tensor:
    return Tensor(values, is_bfloat=True)


def list_of_tensors(values: Any) -> list[Tensor]:
    return [Tensor(value) for value in values]


LISTS = (list, list_of_tensors)
FORMS = [np.asarray, Tensor, OnlyArray, OnlyDlpack, OnGpu, bfloat16, *LISTS]


@pytest.mark.parametrize("form", FORMS)
def test_arrays_of_any_library(project: Project, form: Any) -> None:
    boxes = np.array([[20.0, 10, 50, 50], [1, 2, 3, 4]])
    with PredictionWriter(project, box_format="xyxy", units="pixels", class_map=["person", "car", "dog"]) as writer:
        writer.add_batch(
            "a",
            classes=form(np.array([1, 2])),
            confidences=form(np.array([0.5, 0.25])),
            boxes=form(boxes),
            keypoints=form(np.array([[[1.0, 2.0]], [[3.0, 4.0]]])),
        )
        writer.add("a", form(np.array([2]))[0] if form in LISTS else form(np.array(2)), 0.125, box=form(boxes[0]))
    table = writer.result.objects.table()
    assert table.select(["x", "y", "w", "h", "confidence"]).to_pandas().to_numpy().tolist() == [
        [20, 10, 30, 40, 0.5],
        [1, 2, 2, 2, 0.25],
        [20, 10, 30, 40, 0.125],
    ]
    assert [writer.result.project.classes[entry].name for entry in table["class_id"].to_pylist()] == [
        "car",
        "dog",
        "dog",
    ]
    assert table["keypoints"].to_pylist() == [[1, 2, 2], [3, 4, 2], None]


@pytest.mark.parametrize("form", [Tensor, OnlyArray, OnlyDlpack])
def test_masks_of_any_library(project: Project, form: Any) -> None:
    masks = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    masks[0, 3:5, 7:10] = masks[1, 3:5, 7:10] = 1
    with PredictionWriter(project) as writer:
        writer.add_batch("a", classes=["car", "car"], confidences=[0.5, 0.5], masks=form(masks))
        writer.add("a", "car", 0.5, mask=form(masks[0]))
    assert writer.result.objects.table(["area"])["area"].to_pylist() == [6, 6, 6]


def test_scalars() -> None:
    for value in (np.float32(0.5), np.array(0.5), np.array([0.5]), Tensor(0.5), OnlyDlpack([0.5]), 0.5):
        assert as_scalar(value) == 0.5
    assert as_scalar(np.array([1, 2])).tolist() == [1, 2]
    assert as_scalar("a") == "a"
    assert as_scalar(None) is None


def test_numbers_are_a_copy_of_the_stated_shape() -> None:
    values = np.array([[1.0, 2], [3, 4]])
    assert as_array(values) is values
    result = numbers(values, (None, 2), "points")
    result[:] = 0
    assert values.tolist() == [[1, 2], [3, 4]]
    assert numbers([], (0, 4), "boxes").shape == (0, 4)
    assert numbers([[True, 2]], (1, 2), "points").tolist() == [[1, 2]]
    for wrong in ([[1, 2, 3]], [1, 2], np.zeros((2, 2, 2)), 5, "text", None, [["1", "2"]], np.zeros((1, 2), complex)):
        with pytest.raises(InputError, match="points must"):
            numbers(wrong, (None, 2), "points")
