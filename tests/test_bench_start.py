"""The bench of the start runs, in a small size: the figures themselves are nobody's test."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="in tests/long")
def test_the_bench_of_the_start_runs_and_tells_time_and_memory() -> None:
    command = [ROOT / "tests/bench/start", "--runs", "1", "--idle", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found) == {
        "bench", "runs", "idle_s", "load", "first_s", "worst_s", "again_s", "cpu_s", "first_mb", "idle_mb", "used_mb",
    }  # fmt: skip
    assert found["first_s"] == found["worst_s"] > 0
    assert found["idle_mb"] > 10
