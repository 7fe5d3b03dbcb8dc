"""The catalogue on the desk: looked through, written by hand, imported from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from shopvisio import catalogue, clock, pieces, settings
from shopvisio.catalogue import Picture, Product, imports, pages
from shopvisio.catalogue.goods import is_link
from shopvisio.catalogue.imports import Import
from shopvisio.catalogue.sheets.found import MOST_PICTURES
from shopvisio.catalogue.sheets.table import LARGEST
from shopvisio.catalogue.writing import LONGEST, Row, rows_of, save
from shopvisio.config import Config
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import _
from shopvisio.web import goods, guard, uploads, wake_jobs
from shopvisio.web.guard import anybody, staff

blueprint = Blueprint("products", __name__)

PAGE = 50  # products of a page
EMPTY_ROWS = 3  # of variants, below those that are there
STATES = ("active", "hidden")
COLUMNS = ("id", "label", "sku", "barcode", "price", "stock", "outside", "picture")


@dataclass(frozen=True)
class Boxes:
    """A product's page as it is shown: what stands in its boxes, and what is wrong with them."""

    facts: Mapping[str, str]
    rows: Sequence[Row]
    wrong: Mapping[str, str]


# -- looked through


@blueprint.get("/desk/products")
@staff("products")
def listing() -> ResponseReturnValue:
    """A page of the products on sale, or of the hidden ones, that hold the words looked for."""
    words = request.args.get("q", "").strip()[:200]
    state = request.args.get("state", "")
    state = state if state in STATES else "active"
    number = request.args.get("page", "1")
    page = max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    counts = {one: catalogue.count(words, one == "active") for one in STATES}
    return render_template(
        "desk/products.html",
        products=catalogue.listed(words, state == "active", (page - 1) * PAGE, PAGE),
        words=words,
        state=state,
        counts=counts,
        page=page,
        pages=max(1, -(-counts[state] // PAGE)),
    )


@blueprint.post("/desk/products/<int:product_id>/<any(hide, show):what>")
@staff("products")
def set_aside(product_id: int, what: str) -> ResponseReturnValue:
    """Put a product aside, or back."""
    with writing():
        catalogue.set_aside(catalogue.find(product_id), what == "hide")
    return redirect(url_for("products.product", product_id=product_id), 303)


@blueprint.get("/product/<int:picture_id>.jpg")
@anybody
def picture(picture_id: int) -> ResponseReturnValue:
    """One of a product's pictures: no secret, it hangs in a window."""
    found = db.session.get(Picture, picture_id)
    if found is None or not found.file:
        raise NotFound
    answer = uploads.send(found.file)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


# -- written by hand


@blueprint.route("/desk/products/new", methods=["GET", "POST"])
@staff("products")
def new() -> ResponseReturnValue:
    """A product that is not there yet."""
    return _edit(None)


@blueprint.route("/desk/products/<int:product_id>", methods=["GET", "POST"])
@staff("products")
def product(product_id: int) -> ResponseReturnValue:
    """A product, every box of it."""
    return _edit(catalogue.find(product_id))


def _edit(found: Product | None) -> ResponseReturnValue:
    if request.method == "GET":
        return _page(found, Boxes(_facts_of(found), rows_of(found) if found else (), {}))
    product_id = found.id if found else None
    facts, rows = request.form.to_dict(), _rows_typed()
    try:
        with writing():
            product_id = save(catalogue.find(product_id) if product_id else None, facts, rows, clock.now()).id
    except Invalid as fault:
        again = catalogue.find(product_id) if product_id else None
        return _page(again, Boxes(facts, rows, fault.fields)), 422
    flash(_("Enregistré : {name}.", name=facts["name"].strip()))
    return redirect(url_for("products.product", product_id=product_id), 303)


@blueprint.post("/desk/products/<int:product_id>/pictures")
@staff("products")
def pictures(product_id: int) -> ResponseReturnValue:
    """Add photos, take some away. In a form of their own: big ones come in parts, boxes do not."""
    found = catalogue.find(product_id)
    dropped = request.form.getlist("drop")
    room = MOST_PICTURES - sum(str(picture.id) not in dropped for picture in found.pictures)
    db.session.rollback()  # hold no transaction while the photos are worked on
    kept, refusal = uploads.usable(request.files.getlist("pictures"), max(0, room), MOST_PICTURES)
    with writing():
        product = catalogue.find(product_id)
        files = _drop(product, dropped)
        for place, one in enumerate(kept, start=len(product.pictures)):
            product.pictures.append(Picture(file=one.file, place=place))
    uploads.forget(files)
    flash(refusal or _("Les photos sont à jour."))
    return redirect(url_for("products.product", product_id=product_id), 303)


def _page(found: Product | None, boxes: Boxes) -> str:
    return render_template(
        "desk/product.html",
        product=found,
        facts=boxes.facts,
        rows=[*boxes.rows, *[Row()] * (EMPTY_ROWS if found or boxes.rows else 1)],
        wrong=boxes.wrong,
        rates=settings.VAT_RATES,
        longest=LONGEST,
    )


def _facts_of(found: Product | None) -> dict[str, str]:
    if found is None:
        return {"vat": "2000"}
    return {name: getattr(found, name) for name in LONGEST} | {"vat": str(found.vat)}


def _rows_typed() -> list[Row]:
    columns = [request.form.getlist(name) for name in COLUMNS]
    gone = request.form.getlist("gone")
    rows = (Row(*cells) for cells in zip(*columns, strict=False))
    return [replace(row, gone=bool(row.id) and row.id in gone) for row in rows if not row.is_empty]


def _drop(product: Product, numbers: Sequence[str]) -> list[str]:
    """Take pictures away; their files, to be forgotten once that is written."""
    gone = [picture for picture in product.pictures if str(picture.id) in numbers]
    for picture in gone:
        product.pictures.remove(picture)
    return [picture.file for picture in gone if picture.file]


# -- imported


@blueprint.route("/desk/products/import", methods=["GET", "POST"])
@staff("products")
def bring() -> ResponseReturnValue:
    """Choose a file; the next page says what is in it."""
    if request.method == "GET":
        return _bring_page("")
    try:
        key = _look(imports.new_key(), request.files.get("file"))
    except Invalid as refusal:
        return _bring_page(refusal.message), 422
    return redirect(url_for("products.one_import", key=key), 303)


def _bring_page(why: str, why_not_link: str = "", link: str = "") -> str:
    return render_template(
        "desk/import_new.html",
        why=why,
        why_not_link=why_not_link,
        link=link,
        latest=imports.latest(),
        kinds=imports.KINDS,
    )


def _look(key: str, file: FileStorage | None) -> str:
    if file is None or not file.filename:
        raise Invalid(_("Choisissez un fichier."))
    path = imports.path_of(_config(), key)
    pieces.check_room(path.parent)
    data = file.stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Invalid(_("Ce fichier pèse plus de 20 Mo : partagez-le en plusieurs."))
    path.write_bytes(data)
    try:
        _propose(key, file.filename, 2000, False)
    except Invalid:
        path.unlink(missing_ok=True)
        raise
    return key


def _propose(key: str, file: str, vat: int, net: bool) -> None:
    me, now = guard.me(), clock.now()
    assert me is not None  # the rule of the views says so
    db.session.rollback()  # hold no transaction while the child reads
    told = imports.look(imports.path_of(_config(), key), vat, net, now)
    with writing():
        imports.propose(key, file, told, vat, net, me.name, now)


@blueprint.get("/desk/products/import/<key>")
@staff("products")
def one_import(key: str) -> ResponseReturnValue:
    """What a file holds, how far its import is, or how it went."""
    return _import_page(imports.find(key))


def _import_page(found: Import) -> str:
    return render_template("desk/import.html", found=found, kinds=imports.KINDS, rates=settings.VAT_RATES)


@blueprint.post("/desk/products/import/<key>/<any(look, start):what>")
@staff("products")
def go_on(key: str, what: str) -> ResponseReturnValue:
    """Read the file again, with another rate, or bring its products in."""
    found = imports.find(key)
    vat = request.form.get("vat", "")
    if what == "look":
        if vat not in settings.VAT_RATES:
            raise Invalid(_("Choisissez dans la liste."))
        _propose(key, found.file, int(vat), request.form.get("net") == "yes")
    else:
        with writing():
            imports.start(imports.find(key), clock.now())
        wake_jobs()
    return redirect(url_for("products.one_import", key=key), 303)


# -- from a page of the web shop


@blueprint.post("/desk/products/page")
@staff("products")
def from_page() -> ResponseReturnValue:
    """The product of a page whose link was pasted; one that is here already is shown."""
    link = request.form.get("link", "").strip()
    try:
        product_id, is_new = _bring_in(link)
    except Invalid as refusal:
        return _bring_page("", refusal.message, link), 422
    flash(
        _("Ajouté depuis sa page. Relisez-le : ses photos arrivent dans un instant.")
        if is_new
        else _("Ce produit est déjà au catalogue.")
    )
    return redirect(url_for("products.product", product_id=product_id), 303)


@blueprint.post("/desk/products/page/card")
@staff("products")
def card_of_page() -> ResponseReturnValue:
    """The same in the middle of a call. JSON: ``{product}``, its card."""
    product_id, _is_new = _bring_in(request.form.get("link", "").strip())
    return jsonify(product=goods.card(catalogue.find(product_id)))


def _bring_in(link: str) -> tuple[int, bool]:
    """The product of this page, and whether it is new here. Raises Invalid with a sentence."""
    if not link or len(link) > LONGEST["url"] or not is_link(link):
        raise Invalid(_("Le lien commence par https://."))
    known = pages.already(link)
    if known is not None:
        return known.id, False
    db.session.rollback()  # hold no transaction while the child reads
    found = pages.look(link)
    with writing():
        product_id = pages.keep(found, settings.get("parts_vat_rate"), clock.now()).id
    wake_jobs()
    return product_id, True


def _config() -> Config:
    config: Config = current_app.config["SHOP"]
    return config
