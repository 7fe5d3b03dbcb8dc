"""A connection that becomes narrow in mid-call: voice first, both sides told, and all of it back by itself.

How long it takes is printed; only tests/long, on a machine that has nothing else to do, holds it to its bounds.
"""

import os
import time

import pytest
from playwright.sync_api import Page, expect

from .conftest import Chromium, Served
from .people import colleague, customer, sees
from .shaper import Shaper, narrow

LONG = "SHOPVISIO_LONG" in os.environ
pytestmark = pytest.mark.long
CUT_TO = 150_000  # bits a second
WATCH_VOICE = """() => {
  window.voice = {longest: 0, packets: 0};
  let last = performance.now();
  setInterval(async () => {
    let packets = 0;
    for (const one of (await connections.at(-1).getStats()).values()) {
      if (one.type === "inbound-rtp" && one.kind === "audio") packets += one.packetsReceived;
    }
    const now = performance.now();
    if (packets > voice.packets) last = now;
    voice.packets = packets;
    voice.longest = Math.max(voice.longest, now - last);
  }, 50);
}"""
SENT = """async () => {
  for (const one of (await connections.at(-1).getStats()).values()) {
    if (one.type === "outbound-rtp" && one.kind === "video") return one.framesSent;
  }
  return 0;
}"""
HELD = "la voix continue"


def weak_call(served: Served, chromium: Chromium, line: Shaper) -> tuple[Page, Page]:
    """A repair call with a full picture; the customer is behind the line."""
    visit = served.visit("repair")
    marie = customer(chromium, served, visit, camera="rough red", script=line.script)
    karim = colleague(chromium, served, visit, "repairer", camera="rough blue")
    sees(marie, "blue")
    sees(karim, "red")
    marie.wait_for_timeout(10_000)  # both have found their pace
    return marie, karim


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="test_ladder.py holds the rules in small")
def test_cut_to_150_kbits_the_voice_goes_on_without_pictures_which_come_back_by_themselves(
    served: Served, chromium: Chromium
) -> None:
    with narrow(served.media_port) as line:
        marie, karim = weak_call(served, chromium, line)
        for page in (marie, karim):
            page.evaluate(WATCH_VOICE)
        line.rate = CUT_TO
        began = time.monotonic()
        expect(karim.locator("#theirs").get_by_text(HELD)).to_be_visible()
        took = time.monotonic() - began
        print(f"no picture any more, and said so, {took:.1f} s after the cut")
        expect(marie.locator("#room .notice")).to_contain_text(HELD)
        marie.wait_for_timeout(6_000)
        frames = marie.evaluate(SENT)
        heard = {page: page.evaluate("voice.packets") for page in (marie, karim)}
        marie.wait_for_timeout(6_000)
        print("frames sent while held:", marie.evaluate(SENT) - frames)
        for name, page in (("customer", marie), ("repairer", karim)):
            voice = page.evaluate("voice")
            came = (voice["packets"] - heard[page]) / 6
            print(f"{name}: longest silence of the line {voice['longest']:.0f} ms, {came:.0f} packets a second, of 50")
            assert came > (35 if LONG else 10)
            assert not LONG or voice["longest"] < 1_000
        line.rate = 100e6
        began = time.monotonic()
        for page, colour in ((karim, "red"), (marie, "blue")):
            expect(page.locator("#theirs video")).to_be_visible()
            sees(page, colour)
        back = time.monotonic() - began
        print(f"both pictures back {back:.1f} s after the rate")
        assert not LONG or max(took, back) < 15
        expect(marie.locator("#room .notice")).to_be_hidden()


def test_a_line_that_goes_dead_is_told_on_both_sides_and_comes_back(served: Served, chromium: Chromium) -> None:
    """The media's line alone: the page's own still stands, as where a router forgets UDP."""
    with narrow(served.media_port) as line:
        visit = served.visit("repair")
        marie = customer(chromium, served, visit, script=line.script)
        karim = colleague(chromium, served, visit, "repairer")
        sees(karim, "red")
        line.rate = 0
        began = time.monotonic()
        expect(karim.locator("#room .notice")).to_contain_text("est interrompue")
        took = time.monotonic() - began
        print(f"told to the other after {took:.1f} s")
        assert not LONG or took < 2.5
        notice = marie.locator("#room .notice")
        expect(notice).to_contain_text("Connexion interrompue, nous la rétablissons")
        line.rate = 100e6
        for page, colour in ((karim, "red"), (marie, "blue")):
            expect(page.locator("#room .notice")).to_be_hidden()
            sees(page, colour)
