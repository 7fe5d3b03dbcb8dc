"""The appliance that is measured: as it is, or busy.

    python -m tests.bench.appliance [SNAPSHOT [hold]]   settings from the environment; prints "up" once it serves

With the snapshot of a paper it is busy: the paper is rendered every second (and each told by a line "paper"), and with
``hold`` a job holds the CPU for half a second of pure Python every two. Both are greenlets, as the appliance's own jobs
are.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from flask import Flask

from shopvisio import config, hub, invoices, serving
from shopvisio.errors import Unavailable


def render(snapshot: bytes) -> None:
    """Every second, for ever."""
    while True:
        due = time.monotonic() + 1
        with suppress(Unavailable):      # as a job, it would be tried again
            hub.in_thread(invoices.make_pdf, snapshot.decode())
            print("paper", flush=True)
        hub.sleep(max(0, due - time.monotonic()))


def hold() -> None:
    """Half a second every two, for ever."""
    while True:
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            sum(range(1000))
        hub.sleep(1.5)


def main(snapshot: Path | None, holds: bool) -> None:
    """Serve until asked to end."""

    def up(_app: Flask) -> None:
        if snapshot:
            hub.spawn(render, snapshot.read_bytes())
        if holds:
            hub.spawn(hold)
        print("up", flush=True)

    serving.serve(config.load(), up)
    os._exit(0)      # as the command does: threads may still wait for children


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None, "hold" in sys.argv[2:])
