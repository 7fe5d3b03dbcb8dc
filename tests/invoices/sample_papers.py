"""A shop, a customer and their papers, for the tests of this room."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from flask import Flask

from shopvisio.db import db, engine_options, prepare, url
from shopvisio.invoices import Address, Buyer, Facts, Line, Paper, PaperFile, Report, Seller, Tried, Visit

NOW = datetime(2026, 11, 25, 9, 36, 12, tzinfo=UTC)

SHOP = Seller(
    name="Atelier Lumière",
    tagline="Électroménager & petites réparations",
    legal_form="SARL au capital de 8 000 €",
    address=Address("27 rue des Capucins", "69001", "Lyon"),
    siret="912 345 675 00017",
    register="RCS Lyon 912 345 675",
    vat_id="FR65912345675",
    phone="04 65 71 12 34",
    email="bonjour@atelier-lumiere.example",
    site="https://visio.atelier-lumiere.example",
    iban="FR7630004000031234567890143",
    mediator="Médiation Pro Conso, 8 place Bellecour, 69002 Lyon, mediation-conso.example",
)

SMALL_SHOP = replace(
    SHOP, name="Karim répare", legal_name="Karim Benali", legal_form="EI", register="RNE 912 345 675",
    franchise=True, vat_id="", vat_text="TVA non applicable, art. 293 B du CGI",
    insurance="Assurances du Rhône, 3 quai Jules-Courmont, 69002 Lyon, France entière",
)

CUSTOMER = Buyer("Marie-Antoinette Delaunay-Charpentier",
                 Address("118 montée de la Grande-Côte, bât. B", "69001", "Lyon"))

FEE = Line("Forfait réparation en visio, 2 appels", 2900, 2000, detail="Prix unique, quel que soit le temps passé")
PART = Line("Joint de cloche pour mécanisme double commande", 1290, 2000,
            detail="Réf. SNX-4412, envoyé le 19 novembre, prix accepté le 18 novembre", goods=True)

VISITS = (
    Visit(datetime(2026, 11, 18, 9, 0, tzinfo=UTC), datetime(2026, 11, 18, 9, 30, tzinfo=UTC), "Karim Benali"),
    Visit(datetime(2026, 11, 25, 9, 5, tzinfo=UTC), datetime(2026, 11, 25, 9, 35, tzinfo=UTC), "Karim Benali"),
)

REPAIRED = Facts(
    seller=SHOP, buyer=CUSTOMER, case="D2026-0104", visits=VISITS, lines=(FEE, PART),
    service="Réparation guidée d’un réservoir de WC Sanilux Duo 3/6 L",
    confirmed=NOW, due_on=date(2026, 12, 9),
    pay_link="https://visio.atelier-lumiere.example/p/Hq7t", pay_at_shop="carte ou espèces, aux heures d’ouverture",
    texts=("Garantie légale de conformité de deux ans sur la pièce fournie.",
           "Pas d’escompte pour paiement anticipé.",
           "Conditions générales version 4 acceptées le 17 novembre 2026."),
)

NOT_REPAIRED = Facts(
    seller=SHOP, buyer=Buyer("Thibault Lefebvre-Saint-Ouen", Address("6 quai Saint-Vincent", "69001", "Lyon")),
    case="D2026-0121", service="Réparation guidée d’un lave-linge", visits=VISITS[1:],
    kept="Photos et messages de ce dossier : effacés le 25 février 2027. "
         "Ce compte rendu : conservé jusqu’au 25 novembre 2031.",
    report=Report(
        device="Lave-linge Blanco Silence 8 kg, n° de série BS8-20-114873",
        symptom="S’arrête au milieu de l’essorage avec un claquement sec",
        tried=(
            Tried("Machine débranchée, arrivée d’eau fermée", datetime(2026, 11, 25, 9, 11, tzinfo=UTC)),
            Tried("Filtre de vidange nettoyé, une pièce de monnaie retirée",
                  datetime(2026, 11, 25, 9, 19, tzinfo=UTC)),
            Tried("Équilibrage des pieds, essai d’essorage à vide", datetime(2026, 11, 25, 9, 31, tzinfo=UTC)),
        ),
        conclusion="Le roulement du tambour est usé. Son remplacement demande d’ouvrir la cuve : il ne peut pas "
                   "être guidé à distance. Le client a été prévenu de débrancher la machine avant toute ouverture "
                   "(230 V).",
        next_step="Un devis pour une réparation à l’atelier vous attend derrière votre lien, sans engagement.",
        terms="Conditions générales, article 6",
    ),
)


@contextmanager
def open_ledger(folder: Path) -> Iterator[None]:
    """The ledger of this folder, made if it is not there: its two tables and their seals alone."""
    app = Flask("ledger")
    app.config.update(SQLALCHEMY_DATABASE_URI=url(folder), SQLALCHEMY_ENGINE_OPTIONS=engine_options())
    db.init_app(app)
    with app.app_context():
        prepare()
        tables = [db.metadata.tables[table] for table in (Paper.__tablename__, PaperFile.__tablename__)]
        db.metadata.create_all(db.engine, tables=tables)
        yield
