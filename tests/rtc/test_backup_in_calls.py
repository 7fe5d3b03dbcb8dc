"""Backups while three calls run and a hundred rows a second are written: nobody hears of it, each of them is whole."""

import json
import os
import pickle
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from shopvisio.backup import restoring
from tests.bench import servers
from tests.bench.measure import talk
from tests.bench.media import encoded

LONG = bool(os.environ.get("SHOPVISIO_LONG"))
CALLS, SECONDS, APART = 3, 20.0, 0.01  # apart: seconds between two writes


class Shop:
    """The data folder of an appliance that serves: written to, and backed up by command, as gently as the appliance
    itself does it by night."""

    def __init__(self, data: str, into: Path) -> None:
        self.env = {**os.environ, "SHOPVISIO_DATA": data, "SHOPVISIO_TLS_PORT": "0", "SHOPVISIO_LOG_LEVEL": "error"}
        self.base, self.into = Path(data) / "shop.db", into
        self.over, self.written, self.files = threading.Event(), 0, list[Path]()

    def command(self, *words: str) -> str:
        """What it prints; it must not fail."""
        done = subprocess.run(
            ["nice", "-n", "10", sys.executable, "-m", "shopvisio", *words],
            cwd=servers.ROOT, env=self.env, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self) -> None:
        """A hundred rows a second, each its own transaction."""
        due = time.monotonic()
        with closing(sqlite3.connect(self.base, timeout=5)) as connection:
            while not self.over.wait(max(0, due - time.monotonic())):
                due += APART
                connection.execute("INSERT INTO busy VALUES (?)", (self.written,))
                connection.commit()
                self.written += 1

    def back_up(self) -> None:
        """One after the other."""
        while not self.over.is_set():
            file = self.into / f"{len(self.files)}.tar.age"
            self.command("backup", str(file))
            self.files.append(file)

    @contextmanager
    def busily(self) -> Iterator[None]:
        """Both at once; what failed in them fails here."""
        with closing(sqlite3.connect(self.base)) as connection:
            connection.execute("CREATE TABLE busy (n INTEGER)")
        faults: list[BaseException] = []

        def noting(work: Any) -> None:
            try:
                work()
            except BaseException as fault:
                faults.append(fault)

        working = [threading.Thread(target=noting, args=(work,)) for work in (self.write, self.back_up)]
        for one in working:
            one.start()
        try:
            yield
        finally:
            self.over.set()
            for one in working:
                one.join()
        assert faults == []


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # of benches
@pytest.mark.skipif(not LONG, reason="its full size alone says something")
def test_backups_during_three_calls_and_a_hundred_writes_a_second(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.write_bytes(pickle.dumps(encoded("480p")))
    with servers.appliance(CALLS) as where:
        shop = Shop(where["data"], tmp_path)
        key = shop.command("recovery-key")
        quiet = talk(where, CALLS, SECONDS, media)
    with servers.appliance(CALLS) as where:
        shop = Shop(where["data"], tmp_path)
        key = shop.command("recovery-key")
        busy = talk(where, CALLS, SECONDS, media, shop.busily)
        assert shop.command("verify").endswith("the chain is whole.")
    print(json.dumps({"backups": len(shop.files), "writes": shop.written, "quiet": quiet, "busy": busy}))
    assert shop.files
    assert shop.written > 50 * SECONDS, "this machine is too busy to say anything"
    assert busy["received"] > 0.999 * busy["sent"], "nothing is lost that anybody would hear"
    for number, file in enumerate(shop.files):
        folder = tmp_path / f"back-{number}"
        restoring.unpack(file, folder, [key])
        with closing(sqlite3.connect(folder / "shop.db")) as base:
            assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            count, highest = base.execute("SELECT count(*), max(n) FROM busy").fetchone()
            assert count == (0 if highest is None else highest + 1), "one moment, no row missing"
