"""The bench of the papers runs, in a small size: the figures themselves are nobody's test."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SMALL = ("--papers", "40", "--draws", "1", "--beside", "1", "--kills", "0")


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="in tests/long")
def test_the_bench_of_the_papers_runs_and_no_number_is_lost() -> None:
    done = subprocess.run([ROOT / "tests/bench/papers", *SMALL], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {"bench", "issue_ms", "render_ms", "render_ratio", "verify_10k_s", "kills", "gaps", "doubles",
            "timer_late_ms", "load"} <= found.keys()
    assert (found["bench"], found["kills"], found["gaps"], found["doubles"], found["faults"]) == ("papers", 0, 0, 0, 0)
    assert set(found["issue_ms"]) == set(found["timer_late_ms"]) == {"p50", "p99"}
