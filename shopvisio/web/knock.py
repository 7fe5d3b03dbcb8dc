"""The way in from outside, proven by the owner's own telephone: a QR code, a page that calls itself, and words for it.

The telephone leaves the shop's Wi-Fi and opens the code; what it sends goes through the box and comes back, as in any
call. By which way it came is read from the relay, not from the telephone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from babel.support import LazyProxy
from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import clock, hub, knocks, links, qr, reach, settings
from shopvisio.config import Config, lan_address
from shopvisio.db import db, writing
from shopvisio.errors import NotFound, Unavailable
from shopvisio.i18n import _, lazy
from shopvisio.knocks import Arrival, Knock
from shopvisio.rtc import Engine
from shopvisio.web import browsers, guard, trial
from shopvisio.web.guard import anybody, staff

blueprint = Blueprint("knock", __name__)

LASTS = timedelta(minutes=30)  # of a code
LOOKS, PAUSE = 50, 0.5  # at the relay, and seconds between two: longer than a try takes
INSIDE_SECONDS = 8


@dataclass(frozen=True)
class Box:
    """One of the boxes of French homes: where its own page is, and the way through its menus, in its own words, to the
    redirections and to the firewall for IPv6; ``heard``: where these words are from, for none was at hand."""

    name: str
    page: str
    ports: str
    ipv6: LazyProxy | str
    heard: LazyProxy | str
    note: LazyProxy | str = ""


GUIDES = lazy("Des guides d’abonnés, pas de l’opérateur.")
SEEK = lazy("Nous n’avons pas ses mots : cherchez « IPv6 » ou « pare-feu ».")
BOXES = (
    Box(
        "Livebox (Orange, Sosh)",
        "http://livebox, 192.168.1.1",
        "Paramètres avancés › Réseau › NAT/PAT",
        "Paramètres avancés › Pare-feu › Personnalisé",
        lazy("L’aide d’Orange, pour les Livebox 6 et 7."),
    ),
    Box(
        "Freebox",
        "mafreebox.freebox.fr",
        "Paramètres de la Freebox › Mode avancé › Gestion des ports › Ajouter une redirection",
        SEEK,
        GUIDES,
        lazy(
            "Si le port 443 est refusé, l’accès à distance à Freebox OS l’occupe : donnez-lui-en un autre. Si tous le "
            "sont, votre adresse est partagée avec des voisins : demandez une adresse IP « full-stack » dans votre "
            "espace abonné, puis redémarrez la box."
        ),
    ),
    Box("Bbox (Bouygues)", "mabbox.bytel.fr", "NAT/PAT › Redirection de ports", SEEK, GUIDES),
    Box(
        "SFR Box (SFR, RED)",
        "192.168.1.1",
        "Box 8 : Sécurité › Accès › Réseau v4 › Redirection des ports. Box 7 : Réseau v4 › NAT",
        SEEK,
        lazy("L’aide de SFR pour la Box 8 ; des guides d’abonnés pour les autres."),
    ),
)

_ways: dict[str, tuple[str, str]] = {}  # by ticket: the way the media took, and the address they came from


def _config() -> Config:
    found: Config = current_app.config["SHOP"]
    return found


def _relay() -> Engine:
    relay: Engine = current_app.extensions["relay"]
    return relay


# -- on the owner's screen


@blueprint.get("/desk/reach")
@staff("settings")
def page() -> ResponseReturnValue:
    """The code to scan, the last result, and the words of the box."""
    return _page()


def _page(inside: bool | None = None) -> str:
    config = _config()
    home = settings.public_url(config)
    return render_template(
        "desk/reach.html",
        home=home,
        is_name=settings.is_host(settings.host(home)),
        last=knocks.latest(),
        proven=knocks.proven(),
        rules=_rules(config),
        boxes=BOXES,
        machine=lan_address(),
        media_port=config.media_port,
        inside=inside,
    )


def _rules(config: Config) -> list[tuple[str, int, int, str]]:
    """What the box is to hand on: protocol, port outside, port inside, what for."""
    rules = [("TCP", 80, config.port, _("le certificat, et qui tape le nom sans https"))] if config.port else []
    if config.tls_port:
        rules.append(("TCP", 443, config.tls_port, _("les pages, et les appels quand l’UDP est bloqué chez le client")))
    return [*rules, ("UDP", config.media_port, config.media_port, _("l’image et le son de tous les appels"))]


@blueprint.get("/desk/reach/code.svg")
@staff("settings")
def code() -> ResponseReturnValue:
    """The QR code for the telephone, good from now for half an hour."""
    until = int((clock.now() + LASTS).timestamp())
    ticket = links.sign(guard.secret_key(), links.KNOCK, str(until))
    address = settings.base_url(_config()) + url_for("knock.arrive", ticket=ticket)
    return Response(qr.link(address), mimetype="image/svg+xml")


@blueprint.get("/desk/reach/last")
@staff("settings")
def last() -> ResponseReturnValue:
    """The piece of the page that tells the last result: it is asked for while the telephone tries."""
    return render_template("desk/_knock.html", last=knocks.latest(), media_port=_config().media_port)


@blueprint.post("/desk/reach/inside")
@staff("settings")
def try_inside() -> ResponseReturnValue:
    """Whether the shop's own name opens from inside the shop: many boxes do not turn it round."""
    home = settings.public_url(_config())
    db.session.rollback()  # hold no transaction while we wait
    try:
        opens = hub.in_thread(reach.opens, home, timeout=INSIDE_SECONDS) if home else False
    except Unavailable:
        opens = False
    return _page(opens)


# -- on the telephone


@blueprint.get("/knock/<ticket>")
@anybody
def arrive(ticket: str) -> ResponseReturnValue:
    """The telephone has read the code."""
    _check(ticket)
    return render_template("call/knock.html", ticket=ticket, found=None, media_port=_config().media_port)


@blueprint.post("/knock/<ticket>/dial")
@anybody
def dial(ticket: str) -> ResponseReturnValue:
    """JSON: ``{run, seat: "out" or "in", sdp}`` -> ``{answer}``: the page calls itself."""
    _check(ticket)
    answer = trial.calls_itself(f"knock:{ticket}")
    hub.spawn(_watch, _relay(), trial.room_of(f"knock:{ticket}"), ticket)
    return answer


@blueprint.post("/knock/<ticket>")
@anybody
def keep(ticket: str) -> ResponseReturnValue:
    """What the page found is kept, and told to whoever looks at the desk."""
    _check(ticket)
    result = trial.figures()
    by, media = _ways.pop(ticket, ("", ""))
    arrival = Arrival(request.remote_addr or "", media.rpartition(":")[0].strip("[]"))
    ours = getattr(getattr(current_app.extensions.get("reach"), "now", None), "addresses", ())
    with writing():
        found = Knock(
            at=clock.now(),
            browser=browsers.theirs().words,
            family=6 if ":" in arrival.page.removeprefix("::ffff:") else 4,
            inside=knocks.is_inside(arrival, ours),
            by=by,
            loss=result.loss,
            rtt=result.rtt,
            rate=result.rate,
        )
        knocks.keep(found)
    return render_template("call/knock.html", ticket=ticket, found=found, media_port=_config().media_port)


def _check(ticket: str) -> None:
    """Raises NotFound for a forged code, or one that is over."""
    until = links.read(guard.secret_key(), links.KNOCK, ticket)
    if clock.now() > datetime.fromtimestamp(int(until), UTC):
        raise NotFound(_("Ce code a plus d’une demi-heure. Rechargez la page de l’ordinateur et filmez le nouveau."))


def _watch(relay: Engine, room: str, ticket: str) -> None:
    """By which way the media come, as long as they do: the best that was seen counts."""
    for _look in range(LOOKS):
        try:
            seats = hub.wait(relay.stats(), timeout=2)["rooms"].get(room, {})
        except Unavailable:
            return
        for seat in seats.values():
            if seat["by"] and _ways.get(ticket, ("",))[0] != "udp":
                _ways[ticket] = seat["by"], seat["remote"]
        hub.sleep(PAUSE)
