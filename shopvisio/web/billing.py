"""Whom a case is billed to; and the life of one paper: what was received, taken back, given back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField, TextAreaField

from shopvisio import billing, bonus, cases, clock, invoices, money, papers, payments, sentences, settings
from shopvisio.accounts import Actor
from shopvisio.cards import refunds
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import _, lazy
from shopvisio.i18n import money as money_
from shopvisio.invoices import Paper
from shopvisio.jobs import enqueue
from shopvisio.payments import Payment
from shopvisio.web import guard, wake_jobs
from shopvisio.web.guard import staff
from shopvisio.web.story import PAPERS
from shopvisio.web.typed import blame, choices_of

blueprint = Blueprint("billing", __name__, url_prefix="/desk")


class BillingForm(FlaskForm):  # type: ignore[misc]
    """A business, and a discount."""

    company = StringField(lazy("Entreprise"), render_kw={"maxlength": 160})
    siren = StringField(lazy("SIREN"), description=lazy("9 chiffres, vérifiés."), render_kw={"inputmode": "numeric"})
    vat_id = StringField(lazy("Numéro de TVA"), description=lazy("Obligatoire au-dessus de 150 € hors taxes."))
    street = StringField(lazy("Adresse"))
    postcode = StringField(lazy("Code postal"))
    city = StringField(lazy("Ville"))
    to_street = StringField(lazy("Adresse de livraison"), description=lazy("Si la pièce est livrée ailleurs."))
    to_postcode = StringField(lazy("Code postal de livraison"))
    to_city = StringField(lazy("Ville de livraison"))
    discount = StringField(
        lazy("Remise sur le forfait, TTC"), description=lazy("Comme 5 ou 5,50."), render_kw={"inputmode": "decimal"}
    )
    why = StringField(lazy("Motif de la remise"), description=lazy("Imprimé sur la facture."))
    bonus = SelectField(
        lazy("Bonus Réparation"),
        description=lazy("Payé par l’éco-organisme à la place du client ; ni une remise, ni moins de TVA."),
        validate_choice=False,
    )


class MovedForm(FlaskForm):  # type: ignore[misc]
    """Money received or given back."""

    amount = StringField(lazy("Montant"), render_kw={"inputmode": "decimal"})
    method = SelectField(lazy("Comment"), choices=choices_of(payments.BY_HAND))


class CardForm(FlaskForm):  # type: ignore[misc]
    """Money for the card it came from."""

    amount = StringField(lazy("Montant"), id="card-amount", render_kw={"inputmode": "decimal"})


class CreditForm(FlaskForm):  # type: ignore[misc]
    """What is taken back; the amounts of the lines are read by their place."""

    lines = StringField(lazy("À reprendre, TTC"))
    reason = TextAreaField(lazy("Motif"), description=lazy("Imprimé sur l’avoir."), render_kw={"rows": 2})


class SentenceForm(FlaskForm):  # type: ignore[misc]
    """Another sentence, from a day on."""

    text = TextAreaField(lazy("La phrase"), render_kw={"rows": 2, "maxlength": sentences.LONGEST})
    valid_from = DateField(lazy("À partir du"))


def _actor() -> Actor:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me.actor


# -- whom to bill


@blueprint.get("/cases/<key>/billing")
@staff("payments")
def buyer(key: str) -> ResponseReturnValue:
    """How the case will be billed."""
    case = _case(key)
    entered = billing.of(case)
    form = BillingForm(formdata=None, obj=entered)
    form.discount.data = settings.SETTINGS["fee"].show(entered.discount) if entered and entered.discount else ""
    return _buyer_page(case, form)


def _case(key: str) -> Case:
    found = cases.find(key)
    if found is None or not found.is_repair:
        raise NotFound
    return found


def _buyer_page(case: Case, form: BillingForm) -> str:
    offered = bonus.in_force(clock.now().astimezone(settings.zone()).date())
    form.bonus.choices = [("", _("Aucun"))] + [
        (name, f"{name}, {money_(cents)}") for name, cents in offered.items()
    ]
    return render_template("desk/billing.html", case=case, form=form, issued=papers.current(case), offered=offered)


@blueprint.post("/cases/<key>/billing")
@staff("payments")
def set_buyer(key: str) -> ResponseReturnValue:
    """A business, or a discount; nothing typed is the customer as they booked."""
    form = BillingForm()
    try:
        with writing():
            billing.put(_case(key), {field.short_name: field.data or "" for field in form}, _actor(), clock.now())
    except Invalid as refusal:
        blame(form, refusal)
        return _buyer_page(_case(key), form), 422
    flash(_("Enregistré. La facture le portera."))
    return redirect(url_for("desk.case", key=key), 303)


# -- the life of a paper


@blueprint.get("/papers/<number>")
@staff("papers")
def paper(number: str) -> ResponseReturnValue:
    """What became of one paper."""
    return _paper_page(_found(number))


def _found(number: str) -> Paper:
    found: Paper | None = db.session.query(Paper).filter_by(number=number).one_or_none()
    if found is None:
        raise NotFound
    return found


def _paper_page(paper: Paper, **posted: FlaskForm) -> str:
    left = invoices.left_of(paper) if paper.kind == invoices.Kind.INVOICE else ()
    family = [paper, *invoices.credits_of(paper)]
    return render_template(
        "desk/paper.html",
        paper=paper,
        said=invoices.read(paper),
        case=db.session.get(Case, paper.case_id),
        corrected=db.session.get(Paper, paper.corrects_id) if paper.corrects_id else None,
        credits=family[1:],
        has_pdf=invoices.pdf_of(paper) is not None,
        left=left,
        owed=payments.owed(paper),
        to_give_back=payments.to_give_back(paper),
        by_card=refunds.most(paper),
        on_its_way=refunds.on_its_way(paper),
        lines=[(one, line, payments.undone(line)) for one in family for line in payments.of_paper(one)],
        forms={name: posted.get(name) or kind(formdata=None) for name, kind in FORMS.items()},
        typed=request.form,
        kinds=PAPERS,
        methods=payments.METHODS,
        vat_rates=settings.VAT_RATES,
        amount=settings.SETTINGS["fee"].show,
    )


FORMS: dict[str, type[FlaskForm]] = {"paid": MovedForm, "refund": MovedForm, "card": CardForm, "credit": CreditForm}


def _act(number: str, name: str, do: Callable[[Case, Paper, Any, datetime], object]) -> ResponseReturnValue:
    """One act on a paper: on a refusal the same page, with what was typed and each field named."""
    form = FORMS[name]()
    try:
        with writing():
            found = _found(number)
            do(db.session.get_one(Case, found.case_id), found, form, clock.now())
    except Invalid as refusal:
        blame(form, refusal)
        return _paper_page(_found(number), **{name: form}), 422
    wake_jobs()
    return redirect(url_for("billing.paper", number=number), 303)


def _cents(typed: str | None, field: str) -> int:
    try:
        return money.cents(typed or "")
    except ValueError:
        raise Invalid(fields={field: _("Un montant comme 29 ou 29,90.")}) from None


@blueprint.post("/papers/<number>/paid")
@staff("payments")
def paid(number: str) -> ResponseReturnValue:
    """Money received for an invoice."""

    def do(case: Case, paper: Paper, form: Any, now: datetime) -> None:
        payments.note(case, paper, _cents(form.amount.data, "amount"), form.method.data or "", _actor(), now)

    return _act(number, "paid", do)


@blueprint.post("/papers/<number>/refund")
@staff("payments")
def refund(number: str) -> ResponseReturnValue:
    """Money given back for a credit note."""

    def do(case: Case, paper: Paper, form: Any, now: datetime) -> None:
        if refunds.on_its_way(paper):
            raise Invalid(fields={"amount": _("Un remboursement par carte est en cours : attendez sa réponse.")})
        payments.refund(case, paper, _cents(form.amount.data, "amount"), form.method.data or "", _actor(), now)

    return _act(number, "refund", do)


@blueprint.post("/papers/<number>/card-refund")
@staff("payments")
def card_refund(number: str) -> ResponseReturnValue:
    """Money that goes back to the card it came from."""

    def do(case: Case, paper: Paper, form: Any, now: datetime) -> None:
        refunds.begin(paper, _cents(form.amount.data, "amount"), _actor(), now)

    return _act(number, "card", do)


@blueprint.post("/papers/<number>/credit")
@staff("payments")
def credit(number: str) -> ResponseReturnValue:
    """A credit note on what was typed beside each line."""

    def do(case: Case, paper: Paper, form: Any, now: datetime) -> None:
        typed = {place: request.form.get(f"line-{place}", "").strip() for place in range(_places(paper))}
        taken = {place: _cents(text, "lines") for place, text in typed.items() if text}
        with_money = {place: cents for place, cents in taken.items() if cents}
        note = invoices.credit(paper, now, (form.reason.data or "").strip(), with_money)
        if invoices.is_taken_back(paper):
            payments.uncover(case, paper, now)
        cases.record(case, "credited", _actor(), now, paper=note.number, cents=note.gross)
        enqueue("pdf", now, paper=note.id)

    return _act(number, "credit", do)


def _places(paper: Paper) -> int:
    return len(invoices.read(paper).facts.lines)


@blueprint.post("/papers/<number>/undo/<int:payment_id>")
@staff("payments")
def undo(number: str, payment_id: int) -> ResponseReturnValue:
    """A line noted by mistake."""
    with writing():
        found, line = _found(number), db.session.get(Payment, payment_id)
        if line is None or line.paper_id not in {one.id for one in (found, *invoices.credits_of(found))}:
            raise NotFound
        payments.undo(db.session.get_one(Case, found.case_id), line, _actor(), clock.now())
    return redirect(url_for("billing.paper", number=number), 303)


# -- the sentences of the law


@blueprint.get("/papers/sentences")
@staff("settings")
def told() -> ResponseReturnValue:
    """What the papers say by law: today, before, and from a day to come."""
    return _sentences_page()


def _sentences_page(**posted: SentenceForm) -> str:
    today = clock.now().astimezone(settings.zone()).date()
    rows = [
        (name, subject, sentences.in_force(name, today), sentences.told(name), posted.get(name) or _sentence_form(name))
        for name, subject in sentences.SUBJECTS.items()
    ]
    return render_template("desk/sentences.html", rows=rows, today=today)


def _sentence_form(name: str, posted: bool = False) -> SentenceForm:
    return SentenceForm(prefix=f"{name}-") if posted else SentenceForm(formdata=None, prefix=f"{name}-")


@blueprint.post("/papers/sentences/<name>")
@staff("settings")
def reword(name: str) -> ResponseReturnValue:
    """Another sentence, from a day on."""
    if name not in sentences.SUBJECTS:
        raise NotFound
    form, now = _sentence_form(name, posted=True), clock.now()
    today = now.astimezone(settings.zone()).date()
    try:
        with writing():
            sentences.put(name, form.text.data or "", form.valid_from.data, _actor().name, today, now)
    except Invalid as refusal:
        blame(form, refusal)
        return _sentences_page(**{name: form}), 422
    flash(_("Enregistré. Les papiers déjà établis gardent leur phrase."))
    return redirect(url_for("billing.told"), 303)
