"""The commands of the appliance."""

import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

import click
from flask import Flask

from shopvisio import __version__, accounts, backup, clock, config, log, settings
from shopvisio.config import BadConfig, Config


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shopvisio")
def main() -> None:
    """Sell and repair by video: a self-hosted appliance for one independent shop."""


def _config() -> Config:
    try:
        return config.load()
    except BadConfig as error:
        raise click.ClickException(str(error)) from None


def _app(settled: Config) -> Flask:
    from shopvisio.app import create_app  # late: the small commands need none of it

    log.start("warning")
    return create_app(settled)


@main.command()
def serve() -> None:
    """Serve the shop, as the environment says, until asked to end."""
    from shopvisio.claim import for_eyes
    from shopvisio.serving import serve as run

    settled = _config()
    log.start(settled.log_level)

    def welcome(app: Flask) -> None:
        with app.app_context():
            claimed = accounts.is_claimed()
            code = "" if claimed else for_eyes(app.extensions["claim"].renew(clock.now()))
            address = settings.base_url(settled)
        click.echo(f"Customers:  {address}/")
        click.echo(f"Desk:       {address}/desk")
        if code:
            click.echo(f"Claim code: {code}   at {address}/claim, for an hour")
        sys.stdout.flush()

    try:
        run(settled, welcome)
    except BadConfig as error:
        raise click.ClickException(str(error)) from None
    _leave()


@main.command()
def demo() -> None:
    """Serve a demo shop from a scratch folder, and print ready-made links."""
    from shopvisio import demo as stage
    from shopvisio.serving import serve as run

    folder = Path(tempfile.mkdtemp(prefix="shopvisio-demo-"))
    env = {"SHOPVISIO_PORT": "8080", "SHOPVISIO_TLS_PORT": "8443"} | dict(os.environ)

    def raise_curtain(app: Flask) -> None:
        settled = app.config["SHOP"]
        with app.app_context():
            links = stage.make(settled, clock.now())
        for label, text in links:
            click.echo(f"{label:<30}{text}")
        sys.stdout.flush()

    try:
        settled = config.load(env | {"SHOPVISIO_DATA": str(folder)})
        log.start("warning")
        run(settled, raise_curtain)
    except BadConfig as error:
        raise click.ClickException(str(error)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _leave()


def _leave() -> None:
    """End now: threads of slow work may still hang on the world outside, and all that counts is on disk."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


@main.command()
def code() -> None:
    """Print the claim code of an appliance that nobody has claimed yet."""
    from shopvisio.claim import Claim, for_eyes

    settled = _config()
    with _app(settled).app_context():
        if accounts.is_claimed():
            click.echo("This shop is claimed: sign in at /signin.")
        else:
            click.echo(for_eyes(Claim(settled.secrets).code(clock.now())))


@main.command()
def verify() -> None:
    """Check ledger, chain and files; exit 1 at the first broken link."""
    from shopvisio import base, books, invoices, payments

    settled = _config()
    kept = settled.data / "shop.db"
    if not kept.exists():
        raise click.ClickException(f"{kept}: there is no shop here yet.")
    if not base.is_sound(kept):
        raise click.ClickException("The base itself is damaged: restore a backup.")
    log.start("warning")
    app = Flask("shopvisio")
    base.open_for(app, settled)
    with app.app_context():
        faults = [*invoices.verify(), *payments.verify(), *books.verify()]
        papers = invoices.count()
    if faults:
        raise click.ClickException(f"{faults[0].where}: {faults[0].what}")
    click.echo(f"{papers} papers, the chain is whole.")


@main.command(name="backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_(file: Path) -> None:
    """Copy the shop's base to FILE while it serves; with photos and keys it is the data folder that counts."""
    settled = _config()
    try:
        backup.copy(settled.data / "shop.db", file)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from None
    click.echo(json.dumps({"file": str(file), "bytes": file.stat().st_size}))
