"""How marks look upon a picture: shapes in fractions of it become SVG. Pure.

Its twin in the browser is ``static/call/drawing.js``; ``tests/browser/test_drawing.py`` compares the two line by line.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

Point = tuple[float, float]
Node = tuple[str, dict[str, str], list["Node"] | str]  # name, attributes, what is inside

# Told apart without red, green or blue, too: OKLab distances of .15 and more (tests/test_drawing.py); each is cased.
DARK, LIGHT = "#0b1113", "#ffffff"
COLOURS = {
    "yellow": ("#ffd23f", DARK),
    "sky": ("#6cc7ff", DARK),
    "orange": ("#ff7a3d", DARK),
    "white": ("#ffffff", DARK),
    "blue": ("#1f3fb0", LIGHT),
}
DASHES = {"staff": (), "customer": (14, 9), "guest": (3, 10)}  # whose it is, without its colour
GLYPHS = {  # of stamps, on a grid of 24
    "unscrew": "M6.5 8.500A7.500 7.500 0 1 1 5 14M6.500 3.500v5h5",
    "hands_off": "",  # a barred ring: what is under it stays in sight
    "push": "M12 3.500v11M7.500 10L12 14.500 16.500 10M6 19.500h12",
    "cut": "M12 3.500V12M7 6.500a7.500 7.500 0 1 0 10 0",
    "danger": "M12 3.500L21 19.500H3zM12 9.500v4.500M12 16.700v.1",
}
SIDE = 1000  # of the longer side of a drawing for pages and papers
STROKE, CASE, FONT, MARGIN = 5, 10, 18, 12
WIDTHS = {"ijlItf.,;:!'’|()[] ": 0.4, "mwMW@%": 1.02}  # of a letter; what stands in neither is
CAPITAL, LETTER = 0.8, 0.66


@dataclass(frozen=True)
class Shape:
    """One mark to be drawn: ``points`` are fractions of the picture's width and height, ``role`` whose it is, ``text``
    what its label says; a stamp is named by ``stamp``."""

    kind: str
    colour: str
    points: Sequence[Point]
    role: str
    text: str = ""
    number: int = 0
    stamp: str = ""


@dataclass(frozen=True)
class _Canvas:
    """Where a shape is drawn: the picture's size, and the length of one unit."""

    width: float
    height: float
    unit: float

    def at(self, point: Point) -> Point:
        return point[0] * self.width, point[1] * self.height


def svg(shapes: Iterable[Shape], width: int, height: int, picture: str = "", title: str = "") -> str:
    """The marks upon a picture of ``width`` × ``height`` pixels, as a document of SVG with ``title`` as its text.

    ``picture`` is the address of the picture beneath, or a ``data:`` one; without it the ground is transparent.
    """
    scale = SIDE / max(width, height)
    wide, high = width * scale, height * scale
    inside: list[Node] = [("title", {}, title)] if title else []
    if picture:
        inside.append(("image", {"href": picture, "width": _n(wide), "height": _n(high)}, []))
    inside += [node for shape in shapes for node in draw(shape, wide, high, 1)]
    size = {"viewBox": f"0 0 {_n(wide)} {_n(high)}", "width": str(width), "height": str(height)}
    document = {"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img"}
    return ElementTree.tostring(_element(("svg", document, inside)), encoding="unicode")


def draw(shape: Shape, width: float, height: float, unit: float) -> list[Node]:
    """One shape upon a picture shown at ``width`` × ``height``; ``unit`` is the length that strokes are told in."""
    canvas = _Canvas(width, height, unit)
    return _DRAW[shape.kind](shape, canvas)


def _arrow(shape: Shape, canvas: _Canvas) -> list[Node]:
    (x, y), (to_x, to_y) = canvas.at(shape.points[0]), canvas.at(shape.points[-1])
    length = math.hypot(to_x - x, to_y - y)
    head, angle = min(34 * canvas.unit, 0.5 * length), math.atan2(to_y - y, to_x - x)
    left, right = (
        (to_x - head * math.cos(angle + turn), to_y - head * math.sin(angle + turn)) for turn in (0.55, -0.55)
    )
    shaft = f"M{_p((x, y))}L{_p((to_x, to_y))}"
    tip = f"M{_p(left)}L{_p((to_x, to_y))}L{_p(right)}"
    cased = _stroked(shaft + tip, shape, canvas, "case")
    return [*cased, *_stroked(shaft, shape, canvas), *_stroked(tip, shape, canvas, "whole")]


def _circle(shape: Shape, canvas: _Canvas) -> list[Node]:
    (x, y), (to_x, to_y) = canvas.at(shape.points[0]), canvas.at(shape.points[-1])
    wide, high = (max(abs(length) / 2, 8 * canvas.unit) for length in (to_x - x, to_y - y))
    ring = _ring((x + to_x) / 2, (y + to_y) / 2, wide, high)
    return [*_stroked(ring, shape, canvas, "case"), *_stroked(ring, shape, canvas)]


def _line(shape: Shape, canvas: _Canvas) -> list[Node]:
    points = [canvas.at(point) for point in shape.points]
    way = f"M{_p(points[0])}"
    for here, after in pairwise(points[1:]):  # each point bends the way to the next middle
        way += f"Q{_p(here)} {_p(((here[0] + after[0]) / 2, (here[1] + after[1]) / 2))}"
    way += f"L{_p(points[-1])}"
    return [*_stroked(way, shape, canvas, "case"), *_stroked(way, shape, canvas)]


def _text(shape: Shape, canvas: _Canvas) -> list[Node]:
    return _label(shape, canvas, *canvas.at(shape.points[0]))


def _number(shape: Shape, canvas: _Canvas) -> list[Node]:
    colour, case = COLOURS[shape.colour]
    x, y = canvas.at(shape.points[0])
    size = {"cx": _n(x), "cy": _n(y), "r": _n(17 * canvas.unit)}
    badge: Node = ("circle", size | {"fill": colour, "stroke": case, "stroke-width": _n(3 * canvas.unit)}, [])
    return [badge, _words(str(shape.number), case, x, y, canvas)]


def _stamp(shape: Shape, canvas: _Canvas) -> list[Node]:
    colour, case = COLOURS[shape.colour]
    x, y = canvas.at(shape.points[0])
    unit, glyph = canvas.unit, GLYPHS[shape.stamp]
    below = y + 50 * unit
    under = below if below + 14 * unit < canvas.height else y - 50 * unit
    label = _label(shape, canvas, x, under) if shape.text else []
    if not glyph:
        side = 30 * unit
        bar = f"M{_p((x - 0.7 * side, y - 0.7 * side))}L{_p((x + 0.7 * side, y + 0.7 * side))}"
        ring = _ring(x, y, side, side) + bar
        return [*_stroked(ring, shape, canvas, "case"), *_stroked(ring, shape, canvas, "whole"), *label]
    size = {"cx": _n(x), "cy": _n(y), "r": _n(24 * unit), "fill": colour, "stroke": case}
    scale = 1.25 * unit
    place = f"translate({_n(x - 12 * scale)} {_n(y - 12 * scale)}) scale({_n(scale)})"
    return [
        ("circle", size | {"stroke-width": _n(3 * unit)}, []),
        ("path", {"d": glyph, "transform": place, **_PEN, "stroke": case, "stroke-width": "2"}, []),
        *label,
    ]


_PEN = {"fill": "none", "stroke-linecap": "round", "stroke-linejoin": "round"}
_DRAW = {"arrow": _arrow, "circle": _circle, "line": _line, "text": _text, "number": _number, "stamp": _stamp}


def _stroked(way: str, shape: Shape, canvas: _Canvas, how: str = "") -> list[Node]:
    """The way drawn once: its ``case`` beneath, or its colour upon that, dashed as its author is unless ``whole``."""
    colour, case = COLOURS[shape.colour]
    stroke, wide = (case, CASE) if how == "case" else (colour, STROKE)
    dashes = "" if how else " ".join(_n(length * canvas.unit) for length in DASHES[shape.role])
    pen = {**_PEN, "stroke": stroke, "stroke-width": _n(wide * canvas.unit)}
    return [("path", {"d": way, **pen, **({"stroke-dasharray": dashes} if dashes else {})}, [])]


def _ring(x: float, y: float, wide: float, high: float) -> str:
    radii, right, left = f"{_n(wide)} {_n(high)}", _p((x + wide, y)), _p((x - wide, y))
    return f"M{right}A{radii} 0 1 1 {left}A{radii} 0 1 1 {right}Z"


def _label(shape: Shape, canvas: _Canvas, x: float, y: float) -> list[Node]:
    """A plate with words around this place, wholly inside the picture where that has room."""
    colour, case = COLOURS[shape.colour]
    unit = canvas.unit
    wide, high = _width(shape.text) * FONT * unit + 20 * unit, 30 * unit
    x, y = _inside(x, wide, canvas.width, unit), _inside(y, high, canvas.height, unit)
    size = {"x": _n(x - wide / 2), "y": _n(y - high / 2), "width": _n(wide), "height": _n(high), "rx": _n(6 * unit)}
    plate: Node = ("rect", size | {"fill": colour, "stroke": case, "stroke-width": _n(2 * unit)}, [])
    return [plate, _words(shape.text, case, x, y, canvas)]


def _words(text: str, colour: str, x: float, y: float, canvas: _Canvas) -> Node:
    size = FONT * canvas.unit
    font = {
        "font-family": "system-ui, sans-serif",
        "font-weight": "700",
        "font-size": _n(size),
        "text-anchor": "middle",
    }
    return ("text", {"x": _n(x), "y": _n(y + 0.36 * size), **font, "fill": colour}, text)


def _inside(middle: float, length: float, whole: float, unit: float) -> float:
    room = length / 2 + MARGIN * unit
    return whole / 2 if 2 * room > whole else min(max(middle, room), whole - room)


def _width(text: str) -> float:
    """Of a text in bold, in font sizes, rather too much than too little."""
    return sum(
        next((width for letters, width in WIDTHS.items() if letter in letters), CAPITAL if letter.isupper() else LETTER)
        for letter in text
    )


def _p(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(length: float) -> str:
    """To a hundredth, as JavaScript writes it."""
    return f"{math.floor(length * 100 + 0.5) / 100:.10g}"


def _element(node: Node) -> ElementTree.Element:
    name, attributes, inside = node
    made = ElementTree.Element(name, attributes)
    if isinstance(inside, str):
        made.text = inside
    else:
        made.extend(_element(one) for one in inside)
    return made
