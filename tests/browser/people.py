"""What a customer and a colleague do in their browsers: they click on what they see."""

from collections.abc import Callable
from typing import Any

from conftest import PASSWORD
from playwright.sync_api import Page

from .conftest import PHONE, Chromium, Served, Visit

SOON = 30_000  # ms, before a test gives up: a busy machine is slow

COLOUR = """(selector) => {
  const video = document.querySelector(selector);
  if (!video || !video.videoWidth) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  const brush = canvas.getContext("2d");
  brush.drawImage(video, 0, 0, 8, 8);
  return [...brush.getImageData(4, 4, 1, 1).data].slice(0, 3);
}"""
SEES = f"""([selector, main]) => {{
  const colour = ({COLOUR})(selector);
  if (!colour) return false;
  const at = {{red: 0, green: 1, blue: 2}}[main];
  return colour[at] > 120 && colour.every((part, i) => i === at || part < 110);
}}"""
LOUDNESS = """async (ms) => {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(document.querySelector("#voice").srcObject);
  const ear = context.createAnalyser();
  source.connect(ear);
  const wave = new Float32Array(ear.fftSize);
  const until = performance.now() + ms;
  let peak = 0;
  while (performance.now() < until && peak < 0.05) {
    ear.getFloatTimeDomainData(wave);
    peak = Math.max(peak, ...wave.map(Math.abs));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await context.close();
  return peak;
}"""
REMOTES = """async () => {
  const found = new Set();
  for (const connection of window.connections) {
    for (const one of (await connection.getStats()).values()) {
      if (one.type === "remote-candidate") found.add(`${one.address}:${one.port}`);
    }
  }
  return [...found];
}"""
FRAMES = """async () => {
  let frames = 0;
  for (const connection of window.connections) {
    for (const one of (await connection.getStats()).values()) {
      if (one.type === "inbound-rtp" && one.kind === "video") frames += one.framesDecoded ?? 0;
    }
  }
  return frames;
}"""


def click(page: Page, name: str) -> None:
    """Press the button that says so."""
    page.get_by_role("button", name=name, exact=True).click()


def customer(chromium: Chromium, served: Served, visit: Visit, camera: str = "red", **given: Any) -> Page:
    """A customer on their telephone, in the waiting room (or the call, when somebody is there)."""
    page = chromium(camera, given.pop("size", PHONE), given.pop("script", ""))
    page.goto(f"{served.url}{visit.case_path}/call")
    click(page, "Entrer")
    return page


def colleague(chromium: Chromium, served: Served, visit: Visit, who: str, camera: str = "blue") -> Page:
    """A colleague at the desk, signed in, in the call."""
    page = chromium(camera)
    sign_in(page, served, visit, who)
    click(page, "Rejoindre l’appel")
    return page


def sign_in(page: Page, served: Served, visit: Visit, who: str) -> None:
    """By the door, to the page of the call."""
    page.goto(f"{served.url}/signin?next=/desk/appointments/{visit.key}/call")
    page.locator("input[name=email]").fill(f"{who}@shop.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/desk/appointments/*/call")


def sees(page: Page, colour: str, selector: str = "#theirs video", timeout: int = SOON) -> None:
    """Wait until the picture there has this colour."""
    page.wait_for_function(SEES, arg=[selector, colour], timeout=timeout)


def sees_no_more(page: Page, colour: str) -> bool:
    """Whether the other's picture has another colour, or is not shown at all."""
    shown: bool = page.locator("#theirs video").is_visible() and page.evaluate(SEES, ["#theirs video", colour])
    return not shown


def hears(page: Page) -> bool:
    """Whether sound comes within three seconds (a fake microphone beeps once a second)."""
    page.wait_for_function("() => document.querySelector('#voice').srcObject !== null", timeout=SOON)
    peak: float = page.evaluate(LOUDNESS, 3_000)
    return peak >= 0.05


def remotes(page: Page) -> list[str]:
    """Every address that any connection of the page ever knew at its other end."""
    found: list[str] = page.evaluate(REMOTES)
    return found


def frames(page: Page) -> int:
    """How many pictures of the other were shown, over all connections still open."""
    count: int = page.evaluate(FRAMES)
    return count


def until(page: Page, so: Callable[[], bool], within: int = SOON) -> bool:
    """Whether it becomes so, looked at ten times a second."""
    for _look in range(within // 100):
        if so():
            return True
        page.wait_for_timeout(100)
    return so()
