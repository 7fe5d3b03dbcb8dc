"""Heavy work leaves the serving process: a child does it, with a time-out and a memory limit, and goes."""

import os
import resource
import runpy
import subprocess
import sys

from shopvisio.errors import Unavailable


def run(module: str, given: bytes, seconds: float = 15, megabytes: int = 512) -> bytes:
    """What ``python -m module`` writes on its standard output when fed ``given``.

    It blocks: call it in a thread. Raises Unavailable with the child's last words when it fails.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own modules, no shell
            [sys.executable, "-m", "shopvisio.child", module, str(megabytes)],
            input=given,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{module}: not done after {seconds:g} s") from None
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines() or ["no word"]
        raise Unavailable(f"{module}: exit {done.returncode}: {words[-1][:300]}")
    return done.stdout


def _main(module: str, megabytes: str) -> None:
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_DATA, (int(megabytes) << 20, int(megabytes) << 20))
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
