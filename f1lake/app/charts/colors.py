"""Colours of lines: team colours that read on light and dark, and dashes where colours do not suffice."""

import functools
from collections.abc import Sequence

NEUTRAL = "#7d8590"
"""The colour of a team that has none."""

DARKEST, LIGHTEST = 0.12, 0.30
"""The relative luminances (WCAG) between which a colour has contrast 3 to a white page and to a dark one."""

DASHES = ("none", "0.1 7", "8 8", "18 7 0.1 7", "18 7 0.1 7 0.1 7", "26 9")
"""Strokes in CSS pixels, with round ends: solid, dots, dashes, dash and dot, …"""

PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
"""What those who lack red or green cones see, on linear RGB: Machado, Oliveira and Fernandes (2009), severity 1."""

ALIKE = 0.15
"""Two colours nearer than this in Oklab (Ottosson, 2020) are not told apart as thin lines."""

Rgb = tuple[float, float, float]


@functools.lru_cache(maxsize=1024)
def readable(color: str | None) -> str:
    """A team's colour, shaded just enough to have contrast 3 to a white page and to a dark one.

    Raises `ValueError` for anything but `#rrggbb` or None (which gives a neutral grey).
    """
    if color is None:
        return NEUTRAL
    linear = _linear(color)
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    if luminance > LIGHTEST:
        linear = tuple(channel * LIGHTEST / luminance for channel in linear)
    elif luminance < DARKEST:
        white = (DARKEST - luminance) / (1 - luminance)
        linear = tuple(channel + (1 - channel) * white for channel in linear)
    return "#" + "".join(f"{round(255 * _from_linear(channel)):02x}" for channel in linear)


def dashes(colors: Sequence[str]) -> list[str]:
    """A stroke for each of the (readable) colours: like colours, such as team mates', get different ones.

    Alike is what looks alike to the colour-blind too, without red or without green cones.
    """
    given: list[int] = []
    for place, color in enumerate(colors):
        taken = {given[earlier] for earlier in range(place) if _alike(color, colors[earlier])}
        free = [dash for dash in range(len(DASHES)) if dash not in taken]
        given.append(free[0] if free else place % len(DASHES))
    return [DASHES[dash] for dash in given]


def _alike(one: str, other: str) -> bool:
    return any(
        sum((a - b) ** 2 for a, b in zip(_oklab(_seen(one, eye)), _oklab(_seen(other, eye)), strict=True)) < ALIKE**2
        for eye in (None, PROTANOPIA, DEUTERANOPIA)
    )


def _seen(color: str, eye: tuple[Rgb, Rgb, Rgb] | None) -> Rgb:
    linear = _linear(color)
    if eye is None:
        return linear
    red, green, blue = (sum(weight * channel for weight, channel in zip(row, linear, strict=True)) for row in eye)
    return max(red, 0.0), max(green, 0.0), max(blue, 0.0)


def _oklab(linear: Rgb) -> Rgb:
    red, green, blue = linear
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _linear(color: str) -> Rgb:
    if len(color) != 7 or color[0] != "#":
        raise ValueError(f"{color!r} is no colour of the form #rrggbb")
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return _to_linear(red), _to_linear(green), _to_linear(blue)


def _to_linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _from_linear(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
