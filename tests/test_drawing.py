"""How marks look: inside the picture, told apart by every eye, and nothing typed becomes markup."""

import itertools
import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shopvisio.drawing import COLOURS, GLYPHS, Shape, svg

SVG = "{http://www.w3.org/2000/svg}"
EYES = {  # what remains of red, green and blue in linear light (Machado 2009, complete)
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
Colour = tuple[float, ...]


def light(colour: str) -> Colour:
    """``#rrggbb`` as linear light."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def seen(colour: str, eye: str) -> Colour:
    """The colour in OKLab as this eye has it."""
    red, green, blue = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, light(colour), strict=True)))) for row in EYES[eye]
    )
    cones = (
        (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3),
        (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3),
        (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3),
    )
    rows = (
        (0.2104542553, 0.793617785, -0.0040720468),
        (1.9779984951, -2.428592205, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.808675766),
    )
    return tuple(sum(a * b for a, b in zip(row, cones, strict=True)) for row in rows)


@pytest.mark.parametrize("eye", EYES)
def test_the_colours_are_told_apart_by_every_eye_and_from_their_cases(eye: str) -> None:
    fills = [fill for fill, _case in COLOURS.values()]
    for one, other in [*itertools.combinations(fills, 2), *COLOURS.values()]:
        assert math.dist(seen(one, eye), seen(other, eye)) >= 0.15, (one, other)


fraction = st.floats(0, 1)
point = st.tuples(fraction, fraction)
two = st.lists(point, min_size=2, max_size=2)
shape = st.builds(
    Shape,
    kind=st.sampled_from(["arrow", "circle", "line", "text", "number", "stamp"]),
    colour=st.sampled_from(sorted(COLOURS)),
    points=two | st.lists(point, min_size=2, max_size=40),
    role=st.sampled_from(["staff", "customer", "guest"]),
    text=st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40),
    number=st.integers(0, 100),
    stamp=st.sampled_from(sorted(GLYPHS)),
)


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.lists(shape, max_size=5), st.integers(1, 4096), st.integers(1, 4096), st.text(max_size=20))
def test_whatever_is_drawn_is_one_well_formed_drawing(shapes: list[Shape], wide: int, high: int, title: str) -> None:
    """Words stay words: what is typed makes no element of its own."""
    safe = "".join(letter for letter in title if letter.isprintable())
    drawn = ElementTree.fromstring(svg(shapes, wide, high, title=safe))
    assert {one.tag.removeprefix(SVG) for one in drawn.iter()} <= {"svg", "title", "path", "circle", "rect", "text"}
    assert drawn.get("width") == str(wide)
    said = [one for one in shapes if one.kind in ("text", "number") or (one.kind == "stamp" and one.text)]
    words = [one.text or "" for one in drawn.iter(f"{SVG}text")]
    assert words == [str(one.number) if one.kind == "number" else one.text for one in said]


@hypothesis_settings(max_examples=50, deadline=None)
@given(shape.filter(lambda one: one.kind == "text"), st.sampled_from([(1280, 720), (720, 1280), (1000, 1000)]))
def test_a_label_stays_inside_the_picture_where_it_has_room(label: Shape, size: tuple[int, int]) -> None:
    drawn = ElementTree.fromstring(svg([label], *size))
    _x, _y, wide, high = (float(part) for part in drawn.get("viewBox", "").split())
    plate = drawn.find(f"{SVG}rect")
    assert plate is not None
    x, y, across, down = (float(plate.get(name, "")) for name in ("x", "y", "width", "height"))
    assert across + 24 > wide or (x >= 11.9 and x + across <= wide - 11.9)
    assert y >= 11.9
    assert y + down <= high - 11.9


def test_an_arrow_ends_where_it_points() -> None:
    arrow = Shape("arrow", "yellow", [(0.2, 0.4), (0.75, 0.5)], "staff")
    drawn = ElementTree.fromstring(svg([arrow], 1280, 720, "/still/1", "Flèche 1"))
    ways = [path.get("d", "") for path in drawn.iter(f"{SVG}path")]
    assert ways[1] == "M200 225L750 281.25"
    assert "L750 281.25L" in ways[2]
    image, title = drawn.find(f"{SVG}image"), drawn.find(f"{SVG}title")
    assert image is not None
    assert image.get("href") == "/still/1"
    assert title is not None
    assert title.text == "Flèche 1"


def test_whose_a_line_is_shows_without_its_colour() -> None:
    def dashes(role: str) -> list[str | None]:
        line = Shape("line", "white", [(0.1, 0.1), (0.5, 0.4), (0.9, 0.1)], role)
        return [
            path.get("stroke-dasharray") for path in ElementTree.fromstring(svg([line], 800, 600)).iter(f"{SVG}path")
        ]

    assert (dashes("staff"), dashes("customer"), dashes("guest")) == ([None, None], [None, "14 9"], [None, "3 10"])
