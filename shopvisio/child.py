"""Heavy work leaves the serving process: a child does it, with a time-out and a memory limit, and goes.

A library that crashes takes the child with it, not the calls.
"""

import os
import resource
import runpy
import subprocess
import sys
from pathlib import Path

from shopvisio.errors import Unavailable

KEPT = ("PATH", "LANG", "TZ", "PYTHONPATH")  # of the environment: a child needs no secret


def run(
    module: str, given: bytes, seconds: float = 15, megabytes: int = 512, words: tuple[str, ...] = ()
) -> bytes:
    """What ``python -m module words...`` writes on its standard output when fed ``given``.

    It blocks: call it in a thread. Raises Unavailable with the child's last words when it fails.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own modules, no shell
            [sys.executable, "-m", "shopvisio.child", module, str(megabytes), str(seconds), *words],
            input=given,
            capture_output=True,
            timeout=seconds,
            check=False,
            cwd=Path(__file__).parents[1],
            env={name: os.environ[name] for name in KEPT if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{module}: not done after {seconds:g} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no word"]
        raise Unavailable(f"{module}: exit {done.returncode}: {said[-1][:300]}")
    return done.stdout


def bound(megabytes: int, seconds: float) -> None:
    """From here on this process comes after all others, and cannot outgrow its memory and its time."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))


def _main(module: str, megabytes: str, seconds: str, *words: str) -> None:
    bound(int(megabytes), float(seconds))
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
