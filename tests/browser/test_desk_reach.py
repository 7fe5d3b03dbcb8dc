"""The owner's telephone tries the way in: a real browser calls itself through the real relay, and is told the truth."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from shopvisio import links

from .conftest import PHONE, Chromium, Served


@pytest.mark.long
@pytest.mark.skipif("SHOPVISIO_LONG" not in os.environ, reason="ten seconds of measuring: run by tests/long")
def test_the_page_measures_by_itself_and_says_what_it_found(chromium: Chromium, served: Served) -> None:
    until = int((datetime.now(UTC) + timedelta(minutes=5)).timestamp())
    key = (Path(served.env["SHOPVISIO_DATA"]) / "secrets" / "secret.key").read_bytes()
    page = chromium("none", PHONE)
    page.goto(f"{served.url}/knock/{links.sign(key, links.KNOCK, str(until))}")
    expect(page.get_by_text("Ce téléphone était encore sur le réseau de la boutique.")).to_be_visible()
    expect(page.get_by_text("kbit/s")).to_be_visible()  # media went out and came back
