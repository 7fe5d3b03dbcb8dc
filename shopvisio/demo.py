"""The demo's stage: a French household-appliance shop with its people, its products and three cases.

Everybody in it is invented. All of it is made by the shop's own verbs, with the clock as an argument.
"""

from datetime import datetime, timedelta

from shopvisio import accounts, booking, calls, cases, catalogue, legal, links, papers, parts, settings
from shopvisio.accounts import Customer, Staff
from shopvisio.availability import Hours
from shopvisio.booking import Appointment, Service
from shopvisio.cases import Case, Intake
from shopvisio.config import Config, lan_address
from shopvisio.db import writing
from shopvisio.i18n import use
from shopvisio.parts import Wanted

PASSWORD = "atelier-demo"  # noqa: S105 - a stage has no secrets

SHOP = {
    "shop_name": "Atelier Lumière",
    "tagline": "Électroménager & petites réparations",
    "phone": "04 65 71 12 34",
    "email": "bonjour@atelier-lumiere.example",
    "legal_name": "Atelier Lumière",
    "legal_form": "SARL",
    "capital": "8 000 €",
    "street": "14 rue des Canuts",
    "postcode": "69004",
    "city": "Lyon",
    "siret": "912 345 675 00009",
    "register": "RCS Lyon 912 345 675",
    "vat_regime": "standard",
    "vat_number": "FR65912345675",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "bic": "AGRIFRPP",
    "mediator": "Médiation Démonstration, 1 place Inventée, 75000 Paris, mediation.example",
    "insurance": "Assurance Démonstration, 2 rue Inventée, 75000 Paris ; France entière",
}
PRODUCTS = (
    ("Cafetière à filtre Lumio 12 tasses, verseuse isotherme", "89,90", "Noir, inox ou bordeaux"),
    ("Bouilloire Lumio 1,7 L, température réglable", "49,90", "Inox brossé"),
    ("Aspirateur traîneau Silva sans sac", "159", "Filtre lavable, 72 dB"),
    ("Robot pâtissier Marmita 4,8 L", "279", "Trois fouets, bol inox"),
    ("Lave-linge Blanco Silence 8 kg", "449", "Classe A, 1 400 tours"),
)
OPEN = tuple(Hours(day, *span) for day in range(6) for span in ((9 * 60, 12 * 60), (14 * 60, 18 * 60)))
ALWAYS = tuple(Hours(day, 0, 24 * 60) for day in range(7))


def make(config: Config, now: datetime) -> list[tuple[str, str]]:
    """Set the stage in an empty base; answers labelled links to walk in by."""
    with use("fr", settings.zone()), writing():
        owner, seller, repairer = _people(now)
        repair, _sale = _services()
        for product in PRODUCTS:
            catalogue.add(product[0], product[1], "https://boutique.example/" + str(len(product[0])), product[2], now)
        for person in (owner, seller, repairer):
            booking.set_hours(person, ALWAYS)  # for the past and for a call due now, whatever the hour
        settings.put({"holidays": "none"}, "demo", now)  # nor whatever the day
        _repaired(repair, repairer, now)
        part = _waiting_for_a_part(repair, repairer, now)
        due = _due_now(repair, now)
        for person in (owner, seller, repairer):
            booking.set_hours(person, OPEN)
        settings.put({"holidays": "FR"}, "demo", now)
        legal.keep(now)
        return _links(config, due, part)


def _people(now: datetime) -> tuple[Staff, Staff, Staff]:
    long_ago = now - timedelta(days=200)
    settings.put(SHOP, "demo", long_ago)
    return (
        accounts.add_staff("Claire Fontaine", "claire@atelier-lumiere.example", PASSWORD, "owner", long_ago),
        accounts.add_staff(
            "Nadia Roux", "nadia@atelier-lumiere.example", PASSWORD, "seller", long_ago, takes_sales=True
        ),
        accounts.add_staff(
            "Karim Benali", "karim@atelier-lumiere.example", PASSWORD, "repairer", long_ago, takes_repairs=True
        ),
    )


def _services() -> tuple[Service, Service]:
    made = booking.first_services()
    return made[0], made[1]


def _book(service: Service, name: str, about: Intake, start: datetime) -> tuple[Case, Appointment]:
    booked = start - timedelta(days=2)
    email = name.split()[0].lower() + "@exemple.example"
    customer = Customer(name=name, email=email, phone="+33639982750", created=booked)
    case = cases.open_case(service.kind, customer, about, booked)
    return case, booking.book(case, service, start, booked)


def _hold(appointment: Appointment, staff: Staff, minutes: int) -> datetime:
    """A call that took place; answers when it ended."""
    call = calls.arrive(appointment, appointment.case.customer.actor, appointment.start)
    calls.arrive(appointment, staff.actor, appointment.start + timedelta(minutes=1))
    end = appointment.start + timedelta(minutes=minutes)
    calls.end(call, staff.actor, end)
    return end


def _repaired(service: Service, repairer: Staff, now: datetime) -> None:
    about = Intake("Lave-vaisselle", "Brillo", "D 45", "Il ne vidange plus : il reste trois doigts d’eau au fond.")
    case, appointment = _book(service, "Odile Kervella", about, _past(now, days=9))
    end = _hold(appointment, repairer, 34)
    cases.propose(
        case, "repaired", "Filtre et tuyau de vidange nettoyés, un bouchon retiré : il vidange.", repairer.actor, end
    )
    cases.answer(case, True, "", end + timedelta(minutes=2))
    papers.issue(case, end + timedelta(minutes=2))


def _waiting_for_a_part(service: Service, repairer: Staff, now: datetime) -> Case:
    about = Intake("Lave-linge", "Blanco", "Silence 8 kg", "De l’eau sous la machine après chaque essorage.")
    case, appointment = _book(service, "Fatoumata Diarra-Bonnefoy", about, _past(now, days=5))
    end = _hold(appointment, repairer, 41)
    words = "Joint de hublot fendu en bas : la fuite vient de là."
    seal = Wanted("Joint de hublot Blanco", "481246", "Blanco pièces", 1840)
    part = parts.offer(case, seal, words, repairer.actor, end)
    later = end + timedelta(minutes=3)
    parts.accept(case, case.offer, "14 montée de la Grande-Côte", "69001", "Lyon", later)
    parts.order(case, part, "", repairer.actor, later)
    tracking = "https://suivi.example/8R00012345678"
    parts.send(case, part, "Colissimo", tracking, repairer.actor, later + timedelta(days=1))
    return case


def _due_now(service: Service, now: datetime) -> Appointment:
    about = Intake("Réservoir de WC", "Sanilux", "Duo 3/6 L", "L’eau coule en continu dans la cuvette.")
    last = now.astimezone(settings.zone()).replace(hour=23, minute=0)  # a visit does not cross midnight
    start = min(now, last).replace(second=0, microsecond=0)
    return _book(service, "Marie-Antoinette Delaunay-Charpentier", about, start)[1]


def _past(now: datetime, days: int) -> datetime:
    return (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)


def _links(config: Config, due: Appointment, part: Case) -> list[tuple[str, str]]:
    here = f"http://localhost:{config.port}" if config.port else f"https://localhost:{config.tls_port}"

    def case_url(case: Case) -> str:
        return f"{here}/case/{links.sign(config.secret_key, links.CASE, case.key)}"

    lan = f"https://{lan_address()}:{config.tls_port}/" if config.tls_port else "HTTPS is off"
    return [
        ("Home page", f"{here}/"),
        ("The due call, as customer", f"{case_url(due.case)}/call"),
        ("The due call, as repairer", f"{here}/signin?next=/desk/appointments/{due.key}/call"),
        ("A case waiting for its part", case_url(part)),
        ("Sign-in", f"{here}/signin"),
        ("  as owner", f"claire@atelier-lumiere.example   {PASSWORD}"),
        ("  as seller", f"nadia@atelier-lumiere.example   {PASSWORD}"),
        ("  as repairer", f"karim@atelier-lumiere.example   {PASSWORD}"),
        ("From a phone on this network", f"{lan}   (self-signed: accept the warning)"),
    ]
