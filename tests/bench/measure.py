"""What the relay costs and how long it keeps a packet: ``tests/bench/relay``. Not a test: nothing is timed there.

The whole appliance serves; people join by its own signalling, from processes of their own, and send VP8 and Opus
encoded beforehand. ``direct`` is the same people without a server, in the same run; ``stock`` is aiortc's
MediaRelay, always with one call; ``janus`` is Debian's Janus. Medians of the runs; the last line is JSON:

    cpu_s_per_call_s  CPU seconds of the serving process, all its threads, per second of one two-way call
    janus, stock      the same of these; null where left out
    ratio_janus       ours / Janus
    ratio_stock       stock / ours
    delay_ms          of whole pictures, from the first packet out until the kernel of who gets it has the last one (how
                      long people are busy themselves is not the relay's), through the relay minus direct
    delay_busy_ms     the same while 40 pages a second are served, a paper is rendered every second, and the owner has
                      files of five thousand products looked at and written (--busy import), or a job holds the CPU for
                      half a second of pure Python every two (--busy python); who asks for pages is nice
    lost              packets that did not arrive, of all sent, over all runs; lost_busy likewise
    pages_per_s       papers_per_s and products_per_s: what was really served, rendered and written meanwhile
    join_ms           from the offer to the connection
    rss_mb            memory of the serving process at the end
    joins_mb          memory over so many joins and leaves of both people of a call (--joins): after a tenth, at the end
    recorded          with --recorded: cpu_s_per_call_s, delay_ms and lost of the same while every call is recorded;
                      writers, what the children that write them cost, too; and of the packets, those that were missed
    load              of the machine when the run began: figures taken on a busy machine say little
"""

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from shopvisio.db import writing
from shopvisio.invoices import Kind, issue
from tests.bench import servers
from tests.bench.media import LOOP, PICTURES, encoded
from tests.bench.owner import importing
from tests.bench.servers import ROOT
from tests.invoices.sample_papers import NOW, REPAIRED, open_ledger

PAGES = 40          # a second, while busy
VISITORS = 16       # who ask for them
CALLS = 10          # of one process of people
VISITS = 20         # that take turns while people come and go
Found = dict[str, Any]


class People:
    """A process of them."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "tests.bench.people"], cwd=ROOT, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.tell({name: value for name, value in plan.items() if name != "server"})

    def tell(self, what: Any) -> None:
        """A line to them."""
        print(json.dumps(what), file=self.process.stdin, flush=True)

    def hear(self) -> Found:
        """A line from them."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "people failed"
        found: Found = json.loads(line)
        return found


@contextmanager
def people(plan: dict[str, Any]) -> "Iterator[People]":
    """They are gone afterwards, whatever happens."""
    them = People(plan)
    try:
        yield them
    finally:
        them.process.kill()
        them.process.communicate()


def talk(where: dict[str, Any], calls: int, seconds: float, media: Path,
         meanwhile: Callable[[], AbstractContextManager[None]] = nullcontext) -> Found:
    """So many calls at once, for so many seconds; ``meanwhile`` begins when all are connected."""
    plan = {**where, "of": calls, "media": str(media)}
    with ExitStack() as all_of_them:
        groups, joins = [], []
        for first in range(0, calls, CALLS):
            groups.append(all_of_them.enter_context(
                people({**plan, "first": first, "calls": min(CALLS, calls - first)})))
            joins += groups[-1].hear()["joins"]      # one after the other: a join is measured, not a crowd
        all_of_them.enter_context(meanwhile())
        begin = time.monotonic() + 1 + LOOP
        for group in groups:
            group.tell([begin, seconds])
        used = [_cpu_at(begin, where), _cpu_at(begin + seconds, where)]
        server, writers = (after - before for before, after in zip(*used, strict=True))
        told = [group.hear() for group in groups]
    ages = [age * 1000 for one in told for age in one["ages"]]
    return {
        "cpu": server / seconds / calls, "writers": writers / seconds / calls,
        "p50": _share(ages, 0.5), "p99": _share(ages, 0.99),
        "sent": sum(one["sent"] for one in told), "received": sum(one["received"] for one in told),
        "join": statistics.median(joins) * 1000 if joins else None,
    }


def _cpu_at(moment: float, where: dict[str, Any]) -> tuple[float, float]:
    """Of the server, and of those that write for it."""
    time.sleep(max(0, moment - time.monotonic()))
    pid = where.get("pid")
    return (servers.cpu(pid), servers.cpu_of_writers(pid) if where.get("recorded") else 0.0) if pid else (0.0, 0.0)


def _share(ages: list[float], of: float) -> float | None:
    """The age that so many do not pass; None where pictures do not arrive as they were sent."""
    return sorted(ages)[int(len(ages) * of)] if ages else None


@contextmanager
def visitors(host: str, pages: list[float]) -> Iterator[None]:
    """Pages are asked for on time, whether or not those before have come; in the end, how many came a second.

    Who asks has machines of their own: here they come after everybody else, so as not to hold up who is measured.
    """
    over, began, came = threading.Event(), time.monotonic(), list[float]()

    def ask(first: int) -> None:
        os.nice(19)      # this thread's alone (Linux)
        due = began + first / PAGES
        while not over.wait(max(0, due - time.monotonic())):
            due += VISITORS / PAGES
            with suppress(OSError), urllib.request.urlopen(f"http://{host}/", timeout=5):
                came.append(time.monotonic())

    asking = [threading.Thread(target=ask, args=(one,)) for one in range(VISITORS)]
    for one in asking:
        one.start()
    try:
        yield
    finally:
        pages.append(len(came) / (time.monotonic() - began))
        over.set()
        for one in asking:
            one.join()


def busily(wanted: argparse.Namespace, snapshot: Path, media: Path) -> Found:
    """While all the appliance can do is done."""
    pages, products = list[float](), list[float]()

    @contextmanager
    def meanwhile() -> Iterator[None]:
        with visitors(where["host"], pages), ExitStack() as more:
            if wanted.busy == "import":
                more.enter_context(importing(where["host"], products))
            yield

    with servers.appliance(wanted.calls, [snapshot, *(["hold"] if wanted.busy == "python" else [])]) as where:
        began = time.monotonic()
        found = talk(where, wanted.calls, wanted.seconds, media, meanwhile)
        lasted = time.monotonic() - began
        where["server"].terminate()
        papers = where["server"].communicate(timeout=15)[0].count("paper")
    return {**found, "pages": pages[0], "papers": papers / lasted, **({"products": products[0]} if products else {})}


def run(wanted: argparse.Namespace, snapshot: Path, media: Path) -> dict[str, Found]:
    """One run of all of it."""
    found: dict[str, Found] = {"machine": {"load": os.getloadavg()[0]}}
    with servers.appliance(wanted.calls) as where:
        found["ours"] = talk(where, wanted.calls, wanted.seconds, media)
        found["ours"]["rss"] = servers.memory(where["pid"])
    if wanted.recorded:
        with servers.appliance(wanted.calls, recorded=True) as where:
            found["recorded"] = talk(where, wanted.calls, wanted.seconds, media)
            packets, missed = servers.copied(where["data"])
        found["recorded"] |= {"packets": packets, "missed": missed}
    found["direct"] = talk({"through": "direct"}, wanted.calls, wanted.seconds, media)
    found["busy"] = busily(wanted, snapshot, media)
    if "janus" not in wanted.without:
        with servers.janus() as where:
            found["janus"] = talk(where, wanted.calls, wanted.seconds, media)
    if "stock" not in wanted.without:
        with servers.stock() as where:
            found["stock"] = talk(where, 1, wanted.seconds, media)
    return found


def come_and_go(turns: int) -> list[float]:
    """Megabytes of the appliance after each of so many calls begun and left by both."""
    with servers.appliance(VISITS) as where, people({**where, "of": VISITS, "turns": turns}) as them:
        return [servers.memory(where["pid"]) for _turn in range(turns) if them.hear()]


def told(wanted: argparse.Namespace, runs: list[dict[str, Found]]) -> dict[str, Any]:
    """The line of JSON."""

    def middle(name: str, what: str) -> float | None:
        values = [one[name][what] for one in runs if name in one and what in one[name]]
        return statistics.median(values) if values else None

    def added(name: str, what: str) -> float:
        return round(statistics.median(one[name][what] - one["direct"][what] for one in runs), 2)

    def missing(name: str) -> int:
        return sum(one[name]["sent"] - one[name]["received"] for one in runs)

    def rounded(value: float | None, digits: int) -> float | None:
        return None if value is None else round(value, digits)

    def recorded() -> dict[str, Any]:
        return {"cpu_s_per_call_s": rounded(middle("recorded", "cpu"), 5),
                "writers": rounded(middle("recorded", "writers"), 5),
                "delay_ms": {name: added("recorded", name) for name in ("p50", "p99")}, "lost": missing("recorded"),
                "packets": sum(one["recorded"]["packets"] for one in runs),
                "missed": sum(one["recorded"]["missed"] for one in runs)}

    ours, janus, stock = (middle(name, "cpu") for name in ("ours", "janus", "stock"))
    assert ours
    return {
        "bench": "relay", "calls": wanted.calls, "video": wanted.video,
        "cpu_s_per_call_s": rounded(ours, 5), "janus": rounded(janus, 5), "stock": rounded(stock, 4),
        "ratio_janus": rounded(janus and ours / janus, 2), "ratio_stock": rounded(stock and stock / ours, 1),
        "delay_ms": {name: added("ours", name) for name in ("p50", "p99")},
        "delay_busy_ms": {"p99": added("busy", "p99")},
        "lost": missing("ours"), "lost_busy": missing("busy"),
        "sent": sum(one["ours"]["sent"] for one in runs),
        "busy": wanted.busy, "products_per_s": rounded(middle("busy", "products"), 1),
        "pages_per_s": rounded(middle("busy", "pages"), 1), "papers_per_s": rounded(middle("busy", "papers"), 2),
        "join_ms": {"p50": rounded(middle("ours", "join"), 0)},
        "rss_mb": rounded(middle("ours", "rss"), 0),
        "joins_mb": None, "recorded": recorded() if wanted.recorded else None,
        "load": round(max(one["machine"]["load"] for one in runs), 1),
    }


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="tests/bench/relay", description="What the relay costs.")
    parser.add_argument("--calls", type=int, default=1, help="two-way calls at once")
    parser.add_argument("--seconds", type=float, default=10, help="that each measurement lasts")
    parser.add_argument("--runs", type=int, default=3, help="of which the medians are told")
    parser.add_argument("--video", choices=PICTURES, default="480p")
    parser.add_argument("--without", default="", help="janus,stock")
    parser.add_argument("--busy", choices=("import", "python"), default="import", help="what is done besides pages and"
                        " papers")
    parser.add_argument("--recorded", action="store_true", help="measure with every call recorded, too")
    parser.add_argument("--joins", type=int, default=0, help="measure memory over so many joins and leaves, too")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        snapshot, media = Path(folder) / "snapshot", Path(folder) / "media"
        media.write_bytes(pickle.dumps(encoded(wanted.video)))
        with open_ledger(Path(folder)), writing():
            snapshot.write_text(issue(Kind.INVOICE, REPAIRED, 1, NOW).snapshot)
        runs = []
        for number in range(wanted.runs):
            began = time.monotonic()
            runs.append(run(wanted, snapshot, media))
            print(f"run {number + 1}, {time.monotonic() - began:.0f} s:", flush=True)
            for name, found in runs[-1].items():
                print(f"  {name:7}", {k: v and round(v, 4) for k, v in found.items()}, flush=True)
    line = told(wanted, runs)
    if wanted.joins:
        sizes = come_and_go(wanted.joins)
        print("memory, MB:", [round(size) for size in sizes[::max(1, wanted.joins // 20)]])
        line["joins_mb"] = [round(sizes[wanted.joins // 10], 1), round(sizes[-1], 1)]
    print(json.dumps(line))


if __name__ == "__main__":
    main()
