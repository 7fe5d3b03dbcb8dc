"""Writing a call down: a child process that takes what the relay decrypted and makes one WebM of each person.

``streams`` puts packets in order and makes frames of them (pure), ``film`` is one file, ``writer`` the child.
"""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopvisio.child import KEPT
from shopvisio.errors import Unavailable

log = logging.getLogger(__name__)

ROOM = 1 << 22  # bytes that may wait in the socket, as far as the system grants them
ENDING = ".webm"


@dataclass(frozen=True)
class Written:
    """What a recording became. ``why`` it ended: empty when it was told to, ``full`` (no room), ``failed``. ``files``:
    of each place whose file is there, its seconds and its bytes."""

    why: str
    files: Mapping[int, tuple[float, int]]


def weight(folder: Path) -> int:
    """The bytes that all recordings take, those that grow at this moment included."""
    found = 0
    with os.scandir(folder) as there:
        for one in there:
            if one.name.endswith(ENDING):
                with suppress(FileNotFoundError):  # erased meanwhile
                    found += one.stat().st_size
    return found


class Recorder:
    """A child that writes, once it is started. ``socket`` is what the relay copies to. It ends when all recordings of
    ``folder`` together take more than ``limit`` bytes, or the disk has less than ``spare`` left."""

    def __init__(self, folder: Path, files: Mapping[int, str], limit: int, spare: int) -> None:
        self._order: dict[str, Any] = {"folder": str(folder), "files": dict(files), "limit": limit, "spare": spare}
        self.socket, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.number = 0  # of the child's process
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)

    def start(self, ended: Callable[[Written], None]) -> None:
        """Begin; it blocks for half a second: from a thread. ``ended`` is called once, in another one.

        Raises Unavailable when there is no child.
        """
        number = self._theirs.fileno()
        with self._theirs:
            child = subprocess.Popen(
                [sys.executable, "-m", "shopvisio.recorder.writer"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(number,),
                cwd=Path(__file__).parents[2],
                env={name: os.environ[name] for name in KEPT if name in os.environ},
            )
        self.number = child.pid
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(self._order | {"socket": number}).encode() + b"\n")
        child.stdin.close()
        if child.stdout.readline() != b"ready\n":
            child.kill()
            child.wait()
            raise Unavailable("no recorder")
        threading.Thread(target=_wait, args=(child, ended), name="recorder", daemon=True).start()

    def end(self) -> None:
        """No more comes: it finishes its files."""
        self.socket.close()


def _wait(child: subprocess.Popen[bytes], ended: Callable[[Written], None]) -> None:
    assert child.stdout is not None
    with child.stdout:
        said = child.stdout.read()
    if child.wait() or not said:
        log.error("the recorder failed", extra={"exit": child.returncode})
        ended(Written("failed", {}))
        return
    told = json.loads(said)
    ended(Written(told["why"], {int(n): (one["seconds"], one["bytes"]) for n, one in told["files"].items()}))
