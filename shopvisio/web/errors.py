"""Error -> what is seen: a page, JSON or an acknowledgement. One table."""

import errno
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from shopvisio.errors import Conflict, DiskFailed, Forbidden, Invalid, NotFound, ShopVisioError, Unavailable
from shopvisio.i18n import _

log = logging.getLogger(__name__)

STATUS = {
    NotFound: HTTPStatus.NOT_FOUND,
    Forbidden: HTTPStatus.FORBIDDEN,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Conflict: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
BY_DISK = (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO)  # what writing a file fails with there


def status_of(error: ShopVisioError) -> HTTPStatus:
    """The HTTP status of a refusal."""
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def ack(error: ShopVisioError) -> dict[str, Any]:
    """A refusal as the socket tells it."""
    return {"error": error.code, "message": _told(error)}


def fault_ack() -> dict[str, Any]:
    """A fault of ours as the socket tells it."""
    return {"error": "fault", "message": _sentence(500)}


def _told(error: ShopVisioError) -> str:
    if isinstance(error, DiskFailed):
        fact = _("Ce que vous venez d’envoyer n’a pas pu être gardé : le disque de la boutique ne prend plus rien.")
        then = _("Le reste est intact. Revenez en arrière, vos mots y sont encore, et appelez-nous.")
        return f"{fact} {then}"
    return error.message or _sentence(status_of(error))


def _sentence(status: int) -> str:
    """What to tell when the refusal itself says nothing."""
    return {
        400: _("Cette demande n’a pas pu être comprise. Revenez en arrière et recommencez."),
        401: _("Connectez-vous pour voir cette page."),
        403: _("Cette page n’est pas ouverte avec ce lien."),
        404: _("Cette page n’existe pas, ou ce lien n’est plus bon. Vérifiez qu’il est entier."),
        409: _("Quelque chose a changé entre-temps. Revenez en arrière et recommencez."),
        413: _("C’est trop lourd. Envoyez des photos de 20 Mo au plus."),
        422: _("Quelques réponses sont à corriger."),
        429: _("C’est beaucoup d’essais d’un coup. Attendez une minute et recommencez."),
        503: _("Ce service ne répond pas pour l’instant. Recommencez dans une minute."),
    }.get(status, _("Un imprévu de notre côté. Recommencez, ou appelez-nous."))


def _seen(status: int, message: str, code: str) -> ResponseReturnValue:
    if request.accept_mimetypes.best == "application/json":
        return jsonify(error=code, message=message), status
    return render_template("problem.html", status=status, message=message), status


def register(app: Flask) -> None:
    """Translate every error of the application."""

    @app.errorhandler(ShopVisioError)
    def refused(error: ShopVisioError) -> ResponseReturnValue:
        status = status_of(error)
        if isinstance(error, Forbidden):
            log.warning("refused", extra={"endpoint": request.endpoint})
        return _seen(status, _told(error), error.code)

    @app.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> ResponseReturnValue:
        return _seen(400, _("Cette page est restée ouverte trop longtemps. Rechargez-la et recommencez."), "stale")

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()  # a redirect
        return _seen(error.code, _sentence(error.code), "http")

    @app.errorhandler(OSError)
    def broken(error: OSError) -> ResponseReturnValue:
        return refused(DiskFailed()) if error.errno in BY_DISK else fault(error)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> ResponseReturnValue:
        log.error("fault", exc_info=error, extra={"endpoint": request.endpoint})
        return _seen(500, _sentence(500), "fault")
