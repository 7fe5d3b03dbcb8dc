"""How long staff wait for a product they look for: ``tests/bench/catalogue``. Not a test: nothing is timed there.

A base of ten thousand products, each with its variant, is asked for what people type: a word that is in every name,
two beginnings, a whole reference, the link of a page, and a word that nothing holds. The last line is JSON:

    search_ms   of every question together, the products read with their variants
    slowest     the question whose median is highest, and that median
    load        of the machine when it began: figures taken on a busy machine say little
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time

from shopvisio import catalogue, config
from shopvisio.app import create_app
from shopvisio.db import db, writing
from tests.invoices.sample_papers import NOW

THINGS = ("Lampe", "Chemise", "Cafetière", "Perceuse", "Fauteuil", "Veste", "Bouilloire", "Tapis")
MAKES = ("Lumio", "Nordique", "Atelier", "Célestin", "Bellerive", "Montagne", "Océan", "Garance")
TURNS = 60


def main() -> None:
    """Measure, and print."""
    asked = argparse.ArgumentParser(prog="tests/bench/catalogue", description=__doc__.splitlines()[0])
    asked.add_argument("--products", type=int, default=10_000)
    wanted = asked.parse_args()
    found: dict[str, object] = {"bench": "catalogue", "products": wanted.products, "load": round(os.getloadavg()[0], 1)}
    with tempfile.TemporaryDirectory() as folder:
        env = {"SHOPVISIO_DATA": folder, "SHOPVISIO_PORT": "8080", "SHOPVISIO_TLS_PORT": "0"}
        app = create_app(config.load(env))
        with app.app_context():
            fill(wanted.products)
            print(json.dumps(found | asking(wanted.products)))
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
    every = sorted(each for times in took.values() for each in times)
    worst = max(took, key=lambda question: statistics.median(took[question]))
    spread = {"p50": round(statistics.median(every), 2), "p99": round(every[int(len(every) * 0.99)], 2)}
    return {"search_ms": spread, "slowest": [worst, round(statistics.median(took[worst]), 2)]}


if __name__ == "__main__":
    main()
