"""What hands do on a picture, and where the same thing is on each screen, found by looking at the screens."""

from io import BytesIO

from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import FloatRect, Locator, Page, expect

from .people import click

LONG = 30_000  # ms: a busy machine
# A camera whose picture may change its shape in the middle of the call, as on a telephone that is turned: red, with a
# green square towards its lower right corner, where the page leaves it free.
CAMERA = """
window.shape = (width, height) => {
  Object.assign(window.lens, { width, height });
};
window.lens = document.createElement("canvas");
window.shape(640, 480);
const brush = window.lens.getContext("2d");
setInterval(() => {
  const { width, height } = window.lens;
  const side = 0.06 * Math.max(width, height);
  brush.fillStyle = "rgb(255, 0, 0)";
  brush.fillRect(0, 0, width, height);
  brush.fillStyle = `rgb(${Date.now() % 5}, 255, 0)`; // it moves a little, so that it is sent
  brush.fillRect(0.85 * width - side / 2, 0.75 * height - side / 2, side, side);
}, 50);
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (asked) => {
  const stream = await open(asked);
  for (const track of stream.getVideoTracks()) {
    stream.removeTrack(track);
    track.stop();
    stream.addTrack(window.lens.captureStream(20).getVideoTracks()[0]);
  }
  return stream;
};
"""
# Where the picture itself is within its element: neither beside it, nor under what the page puts next to it.
PICTURE = """(place) => {
  const one = place.querySelector("video, img");
  const [wide, high] = [one.videoWidth ?? one.naturalWidth, one.videoHeight ?? one.naturalHeight];
  const { x, y, width, height } = one.getBoundingClientRect();
  const by = Math[getComputedStyle(one).objectFit === "cover" ? "max" : "min"](width / wide, height / high);
  const [across, down] = [Math.min(width, by * wide), Math.min(height, by * high)];
  return { x: x + (width - across) / 2, y: y + (height - down) / 2, width: across, height: down };
}"""
SHAPED = """([selector, ratio]) => {
  const video = document.querySelector(selector);
  return video.videoWidth > 0 && Math.abs(video.videoWidth / video.videoHeight - ratio) < 0.02;
}"""


def shaped(page: Page, selector: str, ratio: float) -> None:
    """Wait until the picture there has this shape."""
    page.wait_for_function(SHAPED, arg=[selector, ratio], timeout=LONG)


def box(place: Locator) -> FloatRect:
    """Where something is on the screen."""
    found = place.bounding_box()
    assert found is not None
    return found


def middle(place: Locator) -> tuple[float, float]:
    """Of something on the screen."""
    at = box(place)
    return at["x"] + at["width"] / 2, at["y"] + at["height"] / 2


def square(page: Page, within: str) -> tuple[float, float, float]:
    """Where the green square of the camera is on this screen, and how wide its picture is there: by eye. A picture that
    has just changed its shape comes in a moment."""
    for _look in range(60):
        seen = look(page, within)
        if seen is not None and seen == look(page, within):
            return seen
        page.wait_for_timeout(250)
    raise AssertionError("no green square on a red picture is seen")


def look(page: Page, within: str) -> tuple[float, float, float] | None:
    """The same at this moment; None while it is not to be seen."""
    at: FloatRect = page.locator(within).evaluate(PICTURE)
    if not at["width"]:
        return None
    with Image.open(BytesIO(page.screenshot(clip=at))) as seen:
        bands = seen.convert("RGB").split()
        scale = seen.width / at["width"]
    red, green, _blue = (band.point(lambda level: 255 * (level > 190)) for band in bands)
    reddish, greenish, bluish = (band.point(lambda level: 255 * (level > 100)) for band in bands)
    reds = ImageChops.subtract(red, ImageChops.lighter(greenish, bluish)).getbbox()
    spots = ImageChops.subtract(green, ImageChops.lighter(reddish, bluish)).filter(ImageFilter.MinFilter(3)).getbbox()
    if reds is None or spots is None:
        return None
    x, y = ((spots[way] + spots[way + 2]) / 2 / scale for way in (0, 1))
    return at["x"] + x, at["y"] + y, (reds[2] - reds[0]) / scale


def apart(seen: tuple[float, float], thing: tuple[float, float, float]) -> float:
    """How far beside a thing something is, as a share of the picture's width."""
    return max(abs(seen[0] - thing[0]), abs(seen[1] - thing[1])) / thing[2]


def freeze(page: Page, other: Page) -> None:
    """One side freezes the picture, and both have it before them."""
    page.locator("#tools").get_by_role("button", name="Figer").click()
    for one in (page, other):
        expect(one.locator('#tools [data-tool="arrow"]')).to_be_visible(timeout=LONG)
        expect(one.locator("#flash")).to_be_hidden(timeout=LONG)


def thaw(page: Page, other: Page) -> None:
    """One side takes up the moving picture again."""
    click(page, "Reprendre le direct")
    for one in (page, other):
        expect(one.locator("#board")).to_be_hidden(timeout=LONG)


def tool(page: Page, name: str) -> None:
    """Take this tool."""
    page.locator("#tools").get_by_role("button", name=name, exact=True).click()


def spot(page: Page, across: float, down: float) -> tuple[float, float]:
    """On the screen, a place of the picture that lies open."""
    at = page.evaluate("() => { const r = document.querySelector('#ink g').getScreenCTM(); return [r.e, r.f]; }")
    inside = box(page.locator("#glass"))
    left, top = at[0] - inside["x"], at[1] - inside["y"]
    return at[0] + across * (inside["width"] - 2 * left), at[1] + down * (inside["height"] - 2 * top)


def drag(page: Page, *way: tuple[float, float]) -> None:
    """From the first place of the screen by the others to the last."""
    page.mouse.move(*way[0])
    page.mouse.down()
    for place in way[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def drawn(page: Page) -> list[str]:
    """The marks on the still that lies open, in words."""
    said: list[str] = page.locator("#marks-list li span").all_text_contents()
    return [one.replace("\u00a0", " ") for one in said]
