"""How long staff wait for a product they look for, and others while a catalogue comes in: ``tests/bench/catalogue``.
Not a test: nothing is timed there.

A base of ten thousand products, each with its variant, is asked for what people type: a word that is in every name,
two beginnings, a whole reference, the link of a page, and a word that nothing holds. Then a file of five thousand rows
comes in by the appliance's own child, while somebody writes a line fifty times a second, as calls do. The last line is
JSON:

    search_ms   of every question together, the products read with their variants
    slowest     the question whose median is highest, and that median
    import_s    how long the file took
    wait_ms     how long those who write beside it waited for their turn and wrote
    alone_ms    the same with nobody beside them
    load        of the machine when it began: figures taken on a busy machine say little
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import update

from shopvisio import catalogue, child, config
from shopvisio.app import create_app
from shopvisio.catalogue import Product, imports
from shopvisio.db import db, writing
from tests.invoices.sample_papers import NOW

THINGS = ("Lampe", "Chemise", "Cafetière", "Perceuse", "Fauteuil", "Veste", "Bouilloire", "Tapis")
MAKES = ("Lumio", "Nordique", "Atelier", "Célestin", "Bellerive", "Montagne", "Océan", "Garance")
TURNS = 60
EVERY = 0.02  # seconds between the writes beside an import


def main() -> None:
    """Measure, and print."""
    asked = argparse.ArgumentParser(prog="tests/bench/catalogue", description=__doc__.splitlines()[0])
    asked.add_argument("--products", type=int, default=10_000)
    asked.add_argument("--rows", type=int, default=5_000)
    wanted = asked.parse_args()
    found: dict[str, object] = {"bench": "catalogue", "products": wanted.products, "load": round(os.getloadavg()[0], 1)}
    with tempfile.TemporaryDirectory() as folder:
        env = {"SHOPVISIO_DATA": folder, "SHOPVISIO_PORT": "8080", "SHOPVISIO_TLS_PORT": "0"}
        app = create_app(config.load(env))
        with app.app_context():
            fill(wanted.products)
            found |= asking(wanted.products)
            found |= importing(Path(folder), wanted.rows)
            print(json.dumps(found))
            db.session.remove()
            db.engine.dispose()


def fill(products: int) -> None:
    """So many products of the shop."""
    dice = random.Random(7)
    for first in range(0, products, 500):
        with writing():
            for n in range(first, min(first + 500, products)):
                name = f"{dice.choice(THINGS)} {dice.choice(MAKES)} modèle {n}"
                made = catalogue.add(name, "89,90", f"https://boutique.example/p/modele-{n}", "Noir", NOW)
                made.variants[0].sku = f"REF-{n:05}"


def asking(products: int) -> dict[str, object]:
    """Every question in turn."""
    some = products // 3
    questions = ("modèle", "chem nord", f"REF-{some:05}", f"https://boutique.example/p/modele-{some}", "introuvable")
    took: dict[str, list[float]] = {question: [] for question in questions}
    for _turn in range(TURNS):
        for question in questions:
            begun = time.perf_counter()
            catalogue.search(question)
            took[question].append((time.perf_counter() - begun) * 1000)
            db.session.rollback()
    every = [each for times in took.values() for each in times]
    worst = max(took, key=lambda question: statistics.median(took[question]))
    return {"search_ms": spread(every), "slowest": [worst, round(statistics.median(took[worst]), 2)]}


def spread(times: list[float]) -> dict[str, float]:
    """In short."""
    ordered = sorted(times)
    found = {"p50": statistics.median(ordered), "p99": ordered[int(len(ordered) * 0.99)], "longest": ordered[-1]}
    return {name: round(value, 2) for name, value in found.items()}


def importing(folder: Path, rows: int) -> dict[str, object]:
    """A file comes in, and others write beside it."""
    lines = [f"{dice_name(n)};N-{n:05};19,90;5" for n in range(rows)]
    file = folder / "rows.csv"
    file.write_text("\n".join(["Nom;Référence;Prix;Stock", *lines]), encoding="utf-8")
    told = imports.look(file, 2000, False, NOW)
    with writing():
        imports.propose("bench", file.name, told, 2000, False, "bench", NOW).state = "running"
    alone = [write() for _turn in range(100)]
    facts = {"act": "keep", "file": str(file), "base": str(folder / "shop.db"), "key": "bench", "vat": 2000}
    facts |= {"net": False, "language": "fr", "now": NOW.isoformat()}
    beside, begun = [], time.perf_counter()
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(child.run, imports.CHILD, json.dumps(facts).encode(), imports.KEEP_SECONDS)
        while not done.done():
            beside.append(write())
            time.sleep(EVERY)
        done.result()
    took = round(time.perf_counter() - begun, 1)
    assert imports.find("bench").kept == told["products"] == rows
    return {"rows": rows, "import_s": took, "wait_ms": spread(beside), "alone_ms": spread(alone)}


def dice_name(n: int) -> str:
    """The name of the nth."""
    return f"{THINGS[n % len(THINGS)]} {MAKES[n % len(MAKES)]} arrivage {n}"


def write() -> float:
    """One small write, as a line of chat is; ms from asking for the lock to the end of it."""
    begun = time.perf_counter()
    with writing():
        db.session.execute(update(Product).where(Product.id == 1).values(summary="Noir"))
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
