"""The measures are whole; what they find is nobody's business here."""

import json
import os
import subprocess
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"
RELAY = {"bench", "calls", "video", "cpu_s_per_call_s", "janus", "stock", "ratio_janus", "ratio_stock", "delay_ms",
         "delay_busy_ms", "lost", "lost_busy", "sent", "pages_per_s", "papers_per_s", "join_ms", "rss_mb", "joins_mb",
         "busy", "products_per_s", "recorded",
         "load"}


@pytest.mark.long
def test_the_relay_is_measured_through_the_whole_appliance() -> None:
    size = ["--calls", "1", "--seconds", "1", "--runs", "1", "--without", "janus,stock"]
    size += ["--joins", "3"] if "SHOPVISIO_LONG" in os.environ else []
    done = subprocess.run([BENCH / "relay", *size], capture_output=True, text=True, timeout=240, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() == RELAY
    assert found["sent"] > 500      # two people: thirty pictures and fifty sounds a second each
    assert found["cpu_s_per_call_s"] > 0
    assert found["janus"] is found["ratio_janus"] is found["stock"] is None
