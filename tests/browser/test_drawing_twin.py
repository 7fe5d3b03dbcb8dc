"""The two halves of drawing say the same, and places survive every letterbox: the modules themselves, in a browser."""

import random
from typing import Any

from playwright.sync_api import Page

from shopvisio import drawing
from shopvisio.drawing import COLOURS, GLYPHS, Shape

from .test_ladder import page

__all__ = ["page"]

DRAW = """async (asked) => {
  const { draw } = await import("/call/drawing.js");
  return asked.map(([shape, width, height, unit]) => draw(shape, width, height, unit));
}"""
THERE_AND_BACK = """async (asked) => {
  const { laid, toFraction, toPlace } = await import("/call/geometry.js");
  return asked.map(({ box, picture, fit, mirrored, fraction }) => {
    const at = laid(box, picture, fit);
    return [at, toFraction(toPlace(fraction, at, mirrored), at, mirrored)];
  });
}"""
THIN = """async (asked) => {
  const { thin } = await import("/call/geometry.js");
  return asked.map(([points, slack, most]) => thin(points, slack, most));
}"""
BESIDE = """async () => {
  const { laid, nearest, toFraction } = await import("/call/geometry.js");
  const box = { left: 10, top: 20, width: 200, height: 100 };
  const at = laid(box, { width: 100, height: 100 }, "contain");
  return [at, toFraction([20, 50], at), nearest([20, 500], at), toFraction([85, 70], at, true),
    laid(box, { width: 0, height: 0 }, "contain")];
}"""


def some(chance: random.Random) -> Shape:
    """A mark of any kind."""
    kind = chance.choice(["arrow", "circle", "line", "text", "number", "stamp"])
    points = [(round(chance.random(), 4), round(chance.random(), 4)) for _nth in range(2 + 9 * (kind == "line"))]
    return Shape(
        kind,
        chance.choice(sorted(COLOURS)),
        points,
        chance.choice(["staff", "customer", "guest"]),
        chance.choice(["Ne pas toucher", "« É » : 3/4, ici !", "Mm@%ilt", ""]) if kind in ("text", "stamp") else "",
        chance.randint(1, 99),
        chance.choice(sorted(GLYPHS)),
    )


def as_lists(node: Any) -> Any:
    """Tuples are lists in the browser."""
    return [as_lists(one) for one in node] if isinstance(node, list | tuple) else node


def test_what_is_drawn_live_is_what_pages_and_papers_show(page: Page) -> None:
    chance = random.Random(5)
    asked = [
        (some(chance), chance.randint(200, 2000), chance.randint(200, 2000), chance.uniform(0.7, 1.5))
        for _nth in range(300)
    ]
    live = page.evaluate(DRAW, [[vars(shape), *size] for shape, *size in asked])
    for (shape, width, height, unit), nodes in zip(asked, live, strict=True):
        assert as_lists(drawing.draw(shape, width, height, unit)) == nodes, shape


def test_a_place_is_the_same_place_however_the_picture_is_laid(page: Page) -> None:
    chance = random.Random(6)
    asked = [
        {
            "box": {side: chance.uniform(0, 50) for side in ("left", "top")}
            | {side: chance.uniform(50, 2000) for side in ("width", "height")},
            "picture": {side: chance.randint(16, 4096) for side in ("width", "height")},
            "fit": chance.choice(["contain", "cover"]),
            "mirrored": chance.random() < 0.5,
            "fraction": [chance.uniform(0.001, 0.999), chance.uniform(0.001, 0.999)],
        }
        for _nth in range(500)
    ]
    for one, (at, back) in zip(asked, page.evaluate(THERE_AND_BACK, asked), strict=True):
        box, picture = one["box"], one["picture"]
        assert abs(at["width"] / at["height"] / (picture["width"] / picture["height"]) - 1) < 1e-9
        fits = at["width"] <= box["width"] + 1e-6 and at["height"] <= box["height"] + 1e-6
        covers = at["width"] >= box["width"] - 1e-6 and at["height"] >= box["height"] - 1e-6
        assert fits if one["fit"] == "contain" else covers
        assert abs(2 * at["left"] + at["width"] - 2 * box["left"] - box["width"]) < 1e-6  # in the middle
        assert max(abs(a - b) for a, b in zip(back, one["fraction"], strict=True)) <= 0.0001


def test_beside_the_picture_is_no_place_and_a_stroke_goes_along_its_edge(page: Page) -> None:
    at, beside, edge, mirrored, nothing = page.evaluate(BESIDE)
    assert at == {"left": 60, "top": 20, "width": 100, "height": 100}
    assert (beside, edge, mirrored, nothing) == (None, [0, 1], [0.75, 0.5], None)


def test_a_free_line_is_thinned_to_what_is_seen_of_it(page: Page) -> None:
    chance = random.Random(7)
    lines = []
    for _nth in range(20):
        x, y, points = 0.5, 0.5, []
        for _step in range(400):
            x, y = (min(1, max(0, part + chance.gauss(0, 0.01))) for part in (x, y))
            points.append([x, y])
        lines.append(points)
    for points, thinned in zip(lines, page.evaluate(THIN, [[one, 0.0015, 300] for one in lines]), strict=True):
        assert thinned[0] == points[0]
        assert thinned[-1] == points[-1]
        assert 2 <= len(thinned) <= 300
        assert [point for point in points if point in thinned] == thinned
    straight = [[nth / 100, 0.5] for nth in range(100)]
    assert page.evaluate(THIN, [[straight, 0.0015, 300]]) == [[straight[0], straight[-1]]]
    assert len(page.evaluate(THIN, [[lines[0], 0.0001, 12]])[0]) <= 12
