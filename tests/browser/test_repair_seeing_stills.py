"""Stills on their way out: however often the line is cut, nothing is sent twice and nothing is lost."""

import re
import socket
import ssl
import urllib.request
from http.cookiejar import CookieJar
from io import BytesIO
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from .conftest import Chromium, Served
from .people import click, colleague, customer, sees, until

PIECE = 256 << 10  # bytes that the page sends at once
LONG = 30_000  # ms
FAR_ENOUGH = 2  # pieces let through before the line is cut


def big_photo() -> bytes:
    """A megabyte that does not shrink."""
    made = BytesIO()
    Image.effect_noise((1024, 1024), 120).save(made, "PNG")
    return made.getvalue()


def start_of(request: Request) -> int:
    """Where a piece begins in its photo."""
    found = re.match(r"bytes (\d+)-", request.headers.get("content-range", ""))
    assert found, request.headers
    return int(found[1])


def choose(page: Page, data: bytes) -> None:
    """As if the telephone's own camera had taken it."""
    page.locator("#photo-file").set_input_files({"name": "plaque.png", "mimeType": "image/png", "buffer": data})


def test_a_photo_goes_on_where_it_was_cut_also_after_a_reload(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    karim = colleague(chromium, served, visit, "repairer")
    marie = customer(chromium, served, visit)
    sees(karim, "red", timeout=LONG)
    line = {"cut": False}
    arrived: list[int] = []

    def pass_on(route: Route) -> None:
        if line["cut"]:
            return route.abort()
        if route.request.method == "POST":
            arrived.append(start_of(route.request))
            line["cut"] = len(arrived) == FAR_ENOUGH
        route.continue_()

    marie.route("**/stills/*", pass_on)
    choose(marie, big_photo())
    assert until(marie, lambda: line["cut"], LONG)
    marie.reload()
    sees(karim, "red", timeout=LONG)
    line["cut"] = False
    expect(karim.locator("#still")).to_contain_text("Photo de Marie", timeout=LONG)
    assert arrived[:2] == [0, PIECE]
    assert arrived[2] in (PIECE, 2 * PIECE), arrived  # the second piece, when the reload cut it off; never the first
    expect(karim.locator("#stills button")).to_have_count(1)
    marie.reload()  # it is out of the outbox: nothing goes a second time
    sees(karim, "red", timeout=LONG)
    expect(marie.locator("#stills button")).to_have_count(1)
    assert arrived == sorted(arrived)


def test_several_photos_queue_and_each_is_told(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    karim = colleague(chromium, served, visit, "repairer")
    marie = customer(chromium, served, visit)
    sees(karim, "red", timeout=LONG)
    line = {"cut": True}
    marie.route("**/stills/*", lambda route: route.abort() if line["cut"] else route.continue_())
    click(marie, "Prendre une photo")
    expect(marie.locator("#sending")).to_contain_text("en route")
    click(marie, "Prendre une photo")
    expect(marie.locator("#sending")).to_contain_text("2 photos en route", timeout=LONG)
    line["cut"] = False
    expect(marie.locator("#sending")).to_contain_text("Photo envoyée", timeout=LONG)
    expect(karim.locator("#stills button")).to_have_count(2)


def test_the_shutter_is_seen_and_heard(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    played = "window.played = []; HTMLMediaElement.prototype.play = function () { window.played.push(this.src);"
    marie = customer(
        chromium,
        served,
        visit,
        script=f"const play = HTMLMediaElement.prototype.play; {played} return play.call(this); }};",
    )
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red", timeout=LONG)
    for page in (marie, karim):  # a camera with neither lamp nor zoom offers neither
        expect(page.locator("[data-act=torch]")).to_be_hidden()
        expect(page.locator("#zoom")).to_be_hidden()
    before = marie.evaluate("window.played.length")
    marie.evaluate(
        "new MutationObserver(() => { window.flashed = true; })"
        ".observe(document.querySelector('#flash'), { attributeFilter: ['hidden'] })"
    )
    click(marie, "Prendre une photo")
    assert until(marie, lambda: marie.evaluate("window.flashed === true"))
    assert until(marie, lambda: any(src.startswith("blob:") for src in marie.evaluate("window.played")[before:]))


def test_the_appliance_keeps_what_came_before_a_cut(served: Served, chromium: Chromium) -> None:
    """By a bare connection that goes in the middle of a piece, as a telephone's does."""
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    expect(marie.locator("#lobby [data-quality]")).to_have_text(
        re.compile("bonne|faible"), timeout=LONG
    )  # she is seated
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    jar = urllib.request.HTTPCookieProcessor(CookieJar())
    browser = urllib.request.build_opener(jar, urllib.request.HTTPSHandler(context=trusting))
    page = browser.open(f"{served.url}{visit.case_path}/call").read().decode()
    token = re.search(r'data-csrf="([^"]+)"', page)
    assert token
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar.cookiejar)
    address = urlsplit(served.url)
    path = f"{visit.case_path}/call/{visit.key}/stills/a-word-of-this-test"
    with (
        socket.create_connection((address.hostname, address.port)) as plain,
        trusting.wrap_socket(plain, server_hostname=address.hostname) as line,
    ):
        line.sendall(
            f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookies}\r\nX-CSRFToken: {token[1]}\r\n"
            f"Referer: {served.url}/\r\nContent-Type: application/octet-stream\r\nContent-Length: 200000\r\n"
            "Content-Range: bytes 0-199999/200000\r\n\r\n".encode()
        )
        line.sendall(b"x" * 100_000)
    question = urllib.request.Request(served.url + path, headers={"Accept": "application/json"})

    def held() -> int:
        found = re.search(rb'"held":\s*(\d+)', browser.open(question).read())
        return int(found[1]) if found else -1

    assert until(marie, lambda: 80_000 < held() <= 100_000)
