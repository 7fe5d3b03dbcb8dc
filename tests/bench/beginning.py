"""From the command to the first appointment: ``tests/bench/first``. Not a test.

A fresh clone of this checkout is made ready by its own installer (``./install.sh demo``, which serves a demo shop and
is then ended), serves an empty folder, is claimed and set up step by step by one real browser as its owner, and booked
by another as a customer on a telephone. The last line is JSON:

    install_s     from the command to the demo's first page: libraries fetched from the index that pip knows
    ready_s       from ``serve`` on the empty folder to its first page
    wizard_s      from the claim page to the last step of the wizard
    booking_s     from the shop's first page to the confirmed appointment
    machine_s     all four: what the machine takes, for the browsers wait for nobody
    pages, signs  pages that came, and signs typed: what a person adds is reading the ones and typing the others
    load          of the machine when it began: figures taken on a busy machine say little
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, LAPTOP, PHONE, Served, appliance
from tests.browser.test_whole_way import book, claim

ROOT = Path(__file__).parents[2]
PATIENCE = 900.0  # seconds for an installation over a slow line
COUNT = """() => { addEventListener("pagehide", () => {
  const typed = [...document.querySelectorAll("input:not([type=hidden], [type=file]), textarea")];
  const signs = typed.reduce((sum, one) => sum + (one.value === one.defaultValue ? 0 : one.value.length), 0);
  localStorage.setItem("signs", String(Number(localStorage.getItem("signs") ?? 0) + signs));
}) }"""


def main() -> None:
    """Measure, and print."""
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        subprocess.run(["git", "clone", "--quiet", ROOT, checkout], check=True)
        installed = install(checkout, Path(folder))
        shop = appliance(Path(folder))
        shop.env = {**shop.env, "SHOPVISIO_PUBLIC_URL": shop.url, "PYTHONPATH": ""}  # what the clone holds, not we
        began = time.monotonic()
        serving = subprocess.Popen(
            [checkout / ".venv/bin/python", "-m", "shopvisio", "serve"],
            cwd=checkout, env=shop.env, stdout=shop.log.open("wb"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            wait_for(f"{shop.url}/healthz", serving)
            ready = time.monotonic() - began
            found = walk(shop)
        finally:
            serving.terminate()
            serving.wait(30)
    told = {"bench": "first", "load": load, "install_s": round(installed, 1), "ready_s": round(ready, 1), **found}
    told["machine_s"] = round(sum(told[name] for name in ("install_s", "ready_s", "wizard_s", "booking_s")), 1)
    print(json.dumps(told))


def install(checkout: Path, folder: Path) -> float:
    """Seconds until the demo of this fresh checkout shows its first page."""
    demo = appliance(folder / "demo")
    began = time.monotonic()
    running = subprocess.Popen(
        ["sh", checkout / "install.sh", "demo"],
        env={**demo.env, "PYTHONPATH": ""}, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(f"{demo.url}/", running)
        return time.monotonic() - began
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(30)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Until the page comes."""
    began = time.monotonic()
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() - began > PATIENCE:
                raise SystemExit(f"{url} never came") from None
            time.sleep(0.05)


def walk(shop: Served) -> dict[str, float]:
    """The owner's way and the customer's, each in a browser of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        owner, customer = (browser.new_context(viewport=one, locale="fr-FR").new_page() for one in (LAPTOP, PHONE))
        pages: list[str] = []
        for page in (owner, customer):
            page.add_init_script(f"({COUNT})()")
            page.on("domcontentloaded", lambda page: pages.append(page.url))
        began = time.monotonic()
        claim(owner, shop)
        done = time.monotonic()
        book(customer, shop, "Marie-Antoinette Delaunay-Charpentier")
        over = time.monotonic()
        shown = len(pages)
        signs = 0
        for page in (owner, customer):
            page.goto(f"{shop.url}/healthz")  # the last page is left, too
            signs += int(page.evaluate("localStorage.getItem('signs') ?? 0"))
        browser.close()
    return {"wizard_s": round(done - began, 1), "booking_s": round(over - done, 1), "pages": shown, "signs": signs}


if __name__ == "__main__":
    sys.exit(main())
