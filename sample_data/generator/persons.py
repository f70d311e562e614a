"""Persons: dressed bodies on seventeen keypoints, walking, standing or riding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .actors import Actor
from .lighting import Color, mix, palette
from .painter import CIRCLE, Painter
from .solids import Pose

KEYPOINTS: Final = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
"""COCO's order; left is the person's own left."""
SKELETON: Final = (
    (16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9), (8, 10), (9, 11),
    (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7),
)  # fmt: skip
"""COCO's pairs of keypoints, counted from 1."""

_SKIN: Final = palette("f3cfae e3ac84 c98a5e 9a6240 6b4129 f7d9bd")
_HAIR: Final = palette("2b211d 4a3123 7a4a28 c79a4e a8a29a 191a20 8f3b26")
_TOPS: Final = palette("e4572e 2a9d8f f2b441 3d6fb6 f4efe6 7b4b94 d9647e 4f6d4a 30404f 8ecae6 b5473c")
_BOTTOMS: Final = palette("2f3e56 3b3b41 6b5a48 4d6387 8a8578 23262d 7d4a3c")
_SHOES: Final = palette("2a2a2e f2efe8 7a4a2c c9483a")

Ball = tuple[float, float, float, float]


def _ball(point: np.ndarray, offset: tuple[float, float, float], radius: float) -> Ball:
    """A ball beside a point."""
    x, y, z = np.add(point, offset)
    return float(x), float(y), float(z), radius


@dataclass(frozen=True)
class Look:
    """How a person is dressed."""

    height: float
    skin: Color
    hair: Color
    top: Color
    bottom: Color
    shoes: Color
    legs: str  # trousers, shorts, skirt
    hair_style: str  # short, long, bun, hat, hood
    bag: str  # none, backpack, shoulder
    umbrella: Color | None = None


def make_look(rng: np.random.Generator, rainy: bool) -> Look:
    """A random person."""
    return Look(
        height=float(rng.choice([rng.uniform(1.58, 1.88), rng.uniform(1.1, 1.4)], p=[0.9, 0.1])),
        skin=_SKIN[rng.integers(len(_SKIN))],
        hair=_HAIR[rng.integers(len(_HAIR))],
        top=_TOPS[rng.integers(len(_TOPS))],
        bottom=_BOTTOMS[rng.integers(len(_BOTTOMS))],
        shoes=_SHOES[rng.integers(len(_SHOES))],
        legs=str(rng.choice(["trousers", "shorts", "skirt"], p=[0.65, 0.15, 0.2])),
        hair_style=str(rng.choice(["short", "long", "bun", "hat", "hood"], p=[0.42, 0.25, 0.12, 0.13, 0.08])),
        bag=str(rng.choice(["none", "backpack", "shoulder"], p=[0.58, 0.24, 0.18])),
        umbrella=_TOPS[rng.integers(len(_TOPS))] if rainy and rng.random() < 0.5 else None,
    )


@dataclass(frozen=True)
class Joints:
    """A person's joints in metres: forward, up, right of the pose; index 0 is the left side, 1 the right."""

    head: np.ndarray
    neck: np.ndarray
    shoulders: np.ndarray
    elbows: np.ndarray
    wrists: np.ndarray
    hips: np.ndarray
    knees: np.ndarray
    ankles: np.ndarray


def walking_joints(height: float, phase: float, stride: float, hold: bool = False) -> Joints:
    """Joints of somebody walking; ``phase`` in radians, ``stride`` 0 (standing) to 1, ``hold``: an umbrella."""
    thigh, shin, arm, forearm = 0.245 * height, 0.245 * height, 0.165 * height, 0.15 * height
    hips, knees, ankles, shoulders, elbows, wrists = ([] for _ in range(6))
    drop = 0.012 * height * stride * (1 - np.cos(2 * phase)) / 2
    for index, sign in enumerate((-1.0, 1.0)):
        swing = stride * 0.52 * np.sin(phase + index * np.pi)
        bend = stride * (0.12 + 0.75 * max(0.0, np.sin(phase + index * np.pi + 1.9)) ** 2)
        hip = np.array([0.0, 0.53 * height - drop, sign * 0.052 * height])
        knee = hip + thigh * np.array([np.sin(swing), -np.cos(swing), 0.0])
        ankle = knee + shin * np.array([np.sin(swing - bend), -np.cos(swing - bend), 0.0])
        shoulder = np.array([0.02 * height, 0.815 * height - drop, sign * 0.108 * height])
        if hold and sign > 0:
            elbow = shoulder + arm * np.array([0.25, -0.93, 0.12])
            wrist = elbow + forearm * np.array([0.75, 0.65, -0.15])
        else:
            lean = -swing * 0.85
            elbow = shoulder + arm * np.array([np.sin(lean), -np.cos(lean), sign * 0.16])
            wrist = elbow + forearm * np.array([np.sin(lean + 0.35), -np.cos(lean + 0.35), sign * 0.04])
        for joints, joint in zip(
            (hips, knees, ankles, shoulders, elbows, wrists), (hip, knee, ankle, shoulder, elbow, wrist), strict=True
        ):
            joints.append(joint)
    head, neck = (
        np.array([0.03 * height, 0.93 * height - drop, 0.0]),
        np.array([0.01 * height, 0.84 * height - drop, 0.0]),
    )
    return Joints(head, neck, *(np.array(part) for part in (shoulders, elbows, wrists, hips, knees, ankles)))


def riding_joints(height: float, phase: float) -> Joints:
    """Joints of somebody on a bicycle; ``phase`` turns the pedals."""
    hips = np.array([[-0.22, 0.98, -0.08], [-0.22, 0.98, 0.08]])
    shoulders = np.array([[0.14, 1.40, -0.17], [0.14, 1.40, 0.17]])
    wrists = np.array([[0.50, 1.04, -0.22], [0.50, 1.04, 0.22]])
    elbows = (shoulders + wrists) / 2 + np.array([[-0.06, -0.06, -0.08], [-0.06, -0.06, 0.08]])
    turn = np.array([phase, phase + np.pi])
    ankles = np.stack([-0.05 + 0.17 * np.cos(turn), 0.36 + 0.17 * np.sin(turn), np.array([-0.11, 0.11])], axis=1)
    knees = (hips + ankles) / 2 + np.array([0.22, 0.10, 0.0])
    return Joints(
        np.array([0.25, 1.62, 0.0]), np.array([0.18, 1.47, 0.0]), shoulders, elbows, wrists, hips, knees, ankles
    )


@dataclass(slots=True)
class Person:
    """A dressed body on its joints; its parts are drawn from far to near."""

    pose: Pose
    look: Look
    joints: Joints

    def parts(self) -> list[tuple[np.ndarray, Color | np.ndarray]]:
        """Balls and colours, from far to near."""
        look, joints, tall = self.look, self.joints, self.look.height
        parts: list[tuple[list, Color | np.ndarray]] = []
        sleeve = look.top if look.hair_style != "bun" else look.skin
        for side in (0, 1):
            hip, knee, ankle = joints.hips[side], joints.knees[side], joints.ankles[side]
            upper = look.bottom if look.legs != "skirt" else look.skin
            lower = look.bottom if look.legs == "trousers" else look.skin
            dim = 1.0 if side else 0.90
            parts.append(
                ([(*ankle, 0.030 * tall), _ball(ankle, (0.075 * tall, -0.022 * tall, 0.0), 0.024 * tall)], look.shoes)
            )
            parts.append(([(*knee, 0.042 * tall), (*ankle, 0.030 * tall)], np.multiply(lower, dim)))
            parts.append(([(*hip, 0.058 * tall), (*knee, 0.043 * tall)], np.multiply(upper, dim)))
            shoulder, elbow, wrist = joints.shoulders[side], joints.elbows[side], joints.wrists[side]
            parts.append(([(*wrist, 0.026 * tall)], look.skin))
            parts.append(([(*elbow, 0.029 * tall), (*wrist, 0.023 * tall)], np.multiply(sleeve, dim)))
            parts.append(([(*shoulder, 0.038 * tall), (*elbow, 0.030 * tall)], np.multiply(look.top, dim)))
        if look.bag == "backpack":
            back = (joints.shoulders.mean(axis=0) * 0.62 + joints.hips.mean(axis=0) * 0.38) - np.array(
                [0.11 * tall, 0.0, 0.0]
            )
            parts.append(
                (
                    [_ball(back, (0, 0.05 * tall, 0), 0.062 * tall), (*(back - [0, 0.07 * tall, 0]), 0.07 * tall)],
                    mix(look.bottom, _TOPS[3], 0.5),
                )
            )
        elif look.bag == "shoulder":
            bag = joints.hips[1] - np.array([0.0, 0.02 * tall, -0.06 * tall])
            parts.append(
                (
                    [_ball(bag, (0.05 * tall, 0, 0), 0.04 * tall), (*(bag - [0.05 * tall, 0, 0]), 0.04 * tall)],
                    (0.46, 0.28, 0.17),
                )
            )
        world = [(self.pose.balls(balls), color) for balls, color in parts]
        chest = [(*joint, 0.050 * tall) for joint in joints.shoulders] + [
            (*joint, 0.056 * tall) for joint in joints.hips
        ]
        trunk: list[tuple[np.ndarray, Color | np.ndarray]] = []
        if look.legs == "skirt":
            hem = [
                (*(joint * 0.55 + knee * 0.45), 0.085 * tall)
                for joint, knee in zip(joints.hips, joints.knees, strict=True)
            ]
            trunk.append((self.pose.balls([*((*joint, 0.058 * tall) for joint in joints.hips), *hem]), look.bottom))
        trunk.append((self.pose.balls(chest), look.top))
        trunk.append((self.pose.balls([(*joints.neck, 0.030 * tall)]), look.skin))
        middle = float(trunk[-2][0][:, 2].mean())
        ordered = sorted(world, key=lambda part: -float(part[0][:, 2].mean()))
        far = [part for part in ordered if float(part[0][:, 2].mean()) >= middle]
        near = [part for part in ordered if float(part[0][:, 2].mean()) < middle]
        return [*far, *trunk, *near]

    def draw(self, painter: Painter) -> None:
        for balls, color in self.parts():
            painter.blob(balls, color)
        self._draw_head(painter)

    def _draw_head(self, painter: Painter) -> None:
        look, tall = self.look, max(self.look.height, 1.4)
        head = self.joints.head
        away = float((self.pose.world(np.array([1.0, 0, 0])) - self.pose.world(np.zeros(3)))[2])
        skull = self.pose.balls([(*head, 0.062 * tall), (*(head - [0.0, 0.028 * tall, 0.0]), 0.052 * tall)])
        cap = self.pose.balls(
            [
                _ball(head, (-0.016 * tall, 0.022 * tall, 0.0), 0.062 * tall),
                _ball(head, (-0.03 * tall, -0.005 * tall, 0.0), 0.056 * tall),
            ]
        )
        hair: list[tuple[np.ndarray, Color | np.ndarray]] = [(cap, look.hair)]
        if look.hair_style == "long":
            lock = [_ball(head, (-0.03 * tall, 0.0, s * 0.02 * tall), 0.06 * tall) for s in (-1, 1)]
            lock += [_ball(head, (-0.045 * tall, -0.11 * tall, s * 0.03 * tall), 0.038 * tall) for s in (-1, 1)]
            hair = [(self.pose.balls(lock), look.hair), (cap, look.hair)]
        elif look.hair_style == "bun":
            hair.append((self.pose.balls([_ball(head, (-0.06 * tall, 0.065 * tall, 0.0), 0.034 * tall)]), look.hair))
        elif look.hair_style == "hood":
            hair = [(cap, np.multiply(look.top, 0.9))]
        if away > 0.25:
            order = [(skull, look.skin), *hair]
        else:
            order = [*hair, (skull, look.skin)]
            fringe = self.pose.balls(
                [_ball(head, (0.0, 0.043 * tall, s * 0.026 * tall), 0.034 * tall) for s in (-1, 1)]
            )
            order.append((fringe, hair[-1][1] if look.hair_style != "bun" else look.hair))
        if look.hair_style == "hat":
            brim = [
                _ball(head, (0.02 * tall + 0.02 * s, 0.05 * tall, s * 0.05 * tall), 0.022 * tall) for s in (-1, 0, 1)
            ]
            crown = [_ball(head, (0.0, 0.075 * tall, s * 0.022 * tall), 0.042 * tall) for s in (-1, 1)]
            order += [(self.pose.balls(brim), look.bottom), (self.pose.balls(crown), look.bottom)]
        for balls, color in order:
            painter.blob(balls, color, 0.10)
        if painter.view.pixels_per_metre(self.pose.z) * tall > 150 and away < -0.2:
            for side in (-1, 1):
                eye = self.pose.balls([_ball(head, (0.062 * tall, 0.002 * tall, side * 0.022 * tall), 0.0062 * tall)])
                painter.blob(eye, (0.12, 0.09, 0.09), 0.0)
            mouth = self.pose.balls(
                [_ball(head, (0.058 * tall, -0.037 * tall, s * 0.010 * tall), 0.0045 * tall) for s in (-1, 1)]
            )
            painter.blob(mouth, (0.62, 0.26, 0.24), 0.0)

    def keypoints(self) -> np.ndarray:
        """World points (17, 3), COCO's order."""
        joints, tall = self.joints, max(self.look.height, 1.4)
        head = joints.head
        face = [head + np.multiply([0.066, -0.012, 0.0], tall)]
        face += [head + np.multiply([0.058, 0.004, side * 0.022], tall) for side in (-1, 1)]
        face += [head + np.multiply([0.0, -0.006, side * 0.058], tall) for side in (-1, 1)]
        pairs = (joints.shoulders, joints.elbows, joints.wrists, joints.hips, joints.knees, joints.ankles)
        return self.pose.world(np.array([*face, *(joint for pair in pairs for joint in pair)]))

    def facing(self) -> np.ndarray:
        return self.pose.world(np.array([1.0, 0.0, 0.0])) - self.pose.world(np.zeros(3))


@dataclass(slots=True)
class Umbrella:
    """An open umbrella above somebody; scenery, so it hides what is behind it."""

    person: Person
    color: Color

    def draw(self, painter: Painter) -> None:
        pose, tall = self.person.pose, self.person.look.height
        hand = self.person.joints.wrists[1]
        top = np.array([hand[0] - 0.06, tall * 1.17, hand[2] * 0.5])
        painter.stroke(pose.world(np.array([hand, top])), 0.025, (0.25, 0.22, 0.2))
        ring = np.column_stack([top[0] + 0.52 * CIRCLE[:, 0], np.full(18, tall * 1.04), top[2] + 0.52 * CIRCLE[:, 1]])
        upper = np.column_stack([top[0] + 0.30 * CIRCLE[:, 0], np.full(18, tall * 1.14), top[2] + 0.30 * CIRCLE[:, 1]])
        rim, middle, peak = pose.world(ring), pose.world(upper), pose.world(top)
        up = np.array([0.0, 1.0, 0.0])
        order = np.argsort(-rim[:, 2])
        for index in order:
            following = (index + 1) % 18
            tone = 1.0 if index % 4 < 2 else 0.86
            color = np.multiply(self.color, tone)
            painter.face(np.array([rim[index], rim[following], middle[following], middle[index]]), color, up)
            painter.face(np.array([middle[index], middle[following], peak]), color * 1.08, up)


def round_footprint(pose: Pose, radius: float) -> np.ndarray:
    """Ground points (9, 2) around somebody's feet."""
    return np.array([pose.x, pose.z]) + radius * CIRCLE[::2]


def make_person(
    pose: Pose,
    rng: np.random.Generator,
    *,
    rainy: bool = False,
    stride: float | None = None,
    phase: float | None = None,
    look: Look | None = None,
    track_id: str | None = None,
) -> list[Actor]:
    """A person walking or standing, with an umbrella now and then when it rains."""
    look = look or make_look(rng, rainy)
    stride = float(rng.choice([0.0, rng.uniform(0.6, 1.0)], p=[0.22, 0.78])) if stride is None else stride
    phase = float(rng.uniform(0, 2 * np.pi)) if phase is None else phase
    person = Person(pose, look, walking_joints(look.height, phase, stride, look.umbrella is not None))
    attributes = {"pose": "walking" if stride > 0 else "standing"}
    actor = Actor(
        person, pose.z, "person", None, False, round_footprint(pose, 0.24), look.height,
        person.keypoints(), person.facing(), attributes, track_id,
    )  # fmt: skip
    if look.umbrella is None:
        return [actor]
    return [actor, Actor(Umbrella(person, look.umbrella), pose.z - 0.05)]
