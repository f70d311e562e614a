"""What is most like what: nearest neighbours among vectors and hashes, exactly, in blocks."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

_BLOCK: Final = 512


def nearest_by_hash(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest other one by number of different bits.

    Args:
        hashes: uint8 (n, bytes).

    Returns:
        int64 (n,): which; -1 if there is no other. float64 (n,): different bits; NaN if there is no other.
    """
    count = len(hashes)
    index, distance = np.full(count, -1, np.int64), np.full(count, np.nan)
    if count < 2:
        return index, distance
    hashes = np.ascontiguousarray(hashes)
    for start in range(0, count, _BLOCK):
        rows = slice(start, min(start + _BLOCK, count))
        # Of the two nearest, one is the hash itself, or its equal: then the other is just as near.
        bits, found = cv2.batchDistance(hashes[rows], hashes, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=2)
        own = found[:, 0] == np.arange(rows.start, rows.stop)
        index[rows] = np.where(own, found[:, 1], found[:, 0])
        distance[rows] = np.where(own, bits[:, 1], bits[:, 0])
    return index, distance


def nearest_by_angle(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest other one by cosine distance, 0 (same direction) to 2 (opposite).

    Args:
        vectors: float32 (n, d).

    Returns:
        int64 (n,): which; -1 if there is no other. float64 (n,): the distance; NaN if there is no other.
    """
    count = len(vectors)
    index, distance = np.full(count, -1, np.int64), np.full(count, np.nan)
    if count < 2:
        return index, distance
    unit = unit_vectors(vectors)
    for start in range(0, count, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, count))
        likeness = unit[rows] @ unit.T
        likeness[np.arange(len(rows)), rows] = -np.inf
        index[rows] = likeness.argmax(axis=1)
        distance[rows] = np.clip(1 - likeness[np.arange(len(rows)), index[rows]], 0, 2)
    return index, distance


def nearest_rows(vectors: np.ndarray, others: np.ndarray, amount: int) -> np.ndarray:
    """int64 (n, amount): for each vector the nearest rows among ``others`` by Euclidean distance, nearest first."""
    found = []
    for start in range(0, len(vectors), _BLOCK):
        _, nearest = cv2.batchDistance(
            np.ascontiguousarray(vectors[start : start + _BLOCK], np.float32),
            np.ascontiguousarray(others, np.float32),
            cv2.CV_32F,
            normType=cv2.NORM_L2SQR,
            K=amount,
        )
        found.append(nearest)
    return np.concatenate(found).astype(np.int64) if found else np.zeros((0, amount), np.int64)


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """float32 (n, d): of length 1; vectors without length stay zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors, np.float32), where=length > 0).astype(np.float32)


def fewer_dimensions(vectors: np.ndarray, amount: int) -> np.ndarray:
    """float32 (n, at most amount): the principal components that vary most."""
    centred = vectors.astype(np.float32) - vectors.mean(axis=0, dtype=np.float32)
    if centred.shape[1] <= amount:
        return centred
    _, directions = np.linalg.eigh(centred.T @ centred)
    return centred @ directions[:, -amount:]
