"""Several writers at once, killed in mid-write: what a ledger must survive."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

SCRIPT = Path(__file__).with_name("keep_writing.py")


@contextmanager
def writer(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """One process that writes, killed at the end."""
    path = os.pathsep.join((str(SCRIPT.parents[2]), os.environ.get("PYTHONPATH", "")))
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(folder)], stdout=subprocess.PIPE, text=True,
                               env=os.environ | {"PYTHONPATH": path})
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)


def first_line(process: "subprocess.Popen[str]") -> str:
    """The next number that this writer was given."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the writer ended before it wrote"
    return line.strip()


def write_and_kill(folder: Path, writers: int, kills: int) -> list[str]:
    """One writer goes on; the others are killed and come again until ``kills`` died; the numbers they were told."""
    chance, told, dead = random.Random(42), list[str](), 0
    with writer(folder) as steady:
        told.append(first_line(steady))
        while dead < kills:
            here = min(writers - 1, kills - dead)
            with ExitStack() as stack:
                for process in [stack.enter_context(writer(folder)) for _each in range(here)]:
                    told += [first_line(process) for _paper in range(chance.randint(1, 20))]
            dead += here
    return told
