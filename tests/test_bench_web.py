"""The bench of the way to an appointment runs, in a small size: the figures themselves are nobody's test."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SMALL = ("--sizes", "20", "60", "--turns", "10", "--tries", "12", "--pages", "home")


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="in tests/long")
def test_the_bench_of_the_pages_runs_and_its_race_has_one_winner() -> None:
    done = subprocess.run([ROOT / "tests/bench/web", *SMALL], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    more, found = (json.loads(line) for line in done.stdout.splitlines()[-2:])
    assert list(found) == [
        "bench", "times_p99_ms", "growth", "race", "booking_p99_ms", "page_kb", "axe", "lighthouse",
    ]  # fmt: skip
    assert found["race"] == {"tried": 12, "won": 1, "errors": 0}
    assert set(found["times_p99_ms"]) == {"20", "60"}
    assert set(more["booking"]["60"]) == {"p50", "p99", "per_s"}
    assert (found["axe"], found["page_kb"]["home"] <= 60) == (0, True)
    assert set(found["lighthouse"]) == {"performance", "accessibility", "best-practices", "seo"}
    assert min(mark for name, mark in found["lighthouse"].items() if name != "performance") >= 95  # no test is timed
