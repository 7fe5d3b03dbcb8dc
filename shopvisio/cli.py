"""The commands of the appliance."""

import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

import click
from flask import Flask

from shopvisio import __version__, accounts, clock, config, log, settings
from shopvisio.config import BadConfig, Config
from shopvisio.errors import DiskFailed, ShopVisioError

log_ = logging.getLogger(__name__)


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
    from shopvisio import base
    from shopvisio.backup import restoring
    from shopvisio.claim import for_eyes

    settled = _config()
    log.start(settled.log_level)
    if restoring.put_in_place(settled.data):
        log_.warning("a backup is in place")
        settled = _config()  # it brought its own secrets

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
        with base.brought_up(settled):  # meanwhile this process reads the rest of its own program
            from shopvisio.serving import serve as run
        again = run(settled, welcome)
    except BadConfig as error:
        raise click.ClickException(str(error)) from None
    except DiskFailed:
        raise click.ClickException(f"{settled.data}: nothing can be written, the disk is full or broken.") from None
    if again:  # a backup waits to be put in its place
        logging.shutdown()
        os.execv(sys.executable, [sys.executable, "-m", "shopvisio", "serve"])  # noqa: S606 - ourselves
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
    from shopvisio import base

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
        _say_soundness()


@main.command()
@click.argument("base", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(base: Path | None) -> None:
    """Let this version serve a copy of the base, and look at each seal in it; the base itself is only read."""
    from shopvisio.app import rehearsal

    found = base or _config().data / "shop.db"
    if not found.exists():
        click.echo("There is no shop here yet.")
        return
    log.start("error")
    try:
        with rehearsal(found):
            _say_soundness()
    except BadConfig as error:
        raise click.ClickException(str(error)) from None


def _say_soundness() -> None:
    """Each seal of ledger, payments and books; the first that is broken ends the command."""
    from shopvisio import books, invoices, payments

    faults = [*invoices.verify(), *payments.verify(), *books.verify()]
    papers = invoices.count()
    if faults:
        raise click.ClickException(f"{faults[0].where}: {faults[0].what}")
    click.echo(f"{papers} papers, the chain is whole.")


@main.command(name="recovery-key")
def recovery_key() -> None:
    """Make a new recovery key for the backups, and print it, once: nobody can show it again."""
    from shopvisio import audit
    from shopvisio.backup import recovery
    from shopvisio.db import writing

    key = recovery.new()
    with _app(_config()).app_context(), writing():
        recovery.take(key)
        audit.note("recovery_key", "shopvisio recovery-key", clock.now())
    click.echo(key)


@main.command(name="backup")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def backup_(file: Path | None) -> None:
    """Back up all there is into one encrypted file, while the shop serves: among the others, or as FILE."""
    from shopvisio.upkeep import Upkeep

    settled = _config()
    with _app(settled).app_context():
        try:
            made = Upkeep(settled).back_up("shopvisio backup", clock.now(), file.absolute() if file else None)
        except (ShopVisioError, OSError) as error:
            raise click.ClickException(str(error)) from None
    click.echo(made)


@main.command()
@click.argument("name", required=False)
@click.option("--url", default="", help="The address of the storage; without it, what the shop's settings say.")
@click.option("--region", default="", help="Its region, where it has some.")
@click.option("--bucket", "bucket_", default="", help="The bucket that holds the backups.")
@click.option("--key", default="", help="The access key; the secret one is asked for.")
def fetch(name: str | None, url: str, region: str, bucket_: str, key: str) -> None:
    """List the backups of the bucket, or bring the one called NAME among the others, to be restored."""
    from shopvisio.backup import bucket, keeping

    settled = _config()
    with _app(settled).app_context():
        there = bucket.chosen()
        if url:
            secret = click.prompt("Secret key", hide_input=True)
            there = bucket.Bucket(url.rstrip("/"), region or bucket.REGION, bucket_, key, secret)
        if there is None:
            raise click.ClickException("The settings name no bucket: give --url, --bucket and --key.")
        try:
            known = bucket.listed(there)
            if name is None:
                click.echo("\n".join(known))
                return
            place = keeping.place(settled)
            if name not in known or place.wrong:
                raise click.ClickException(place.wrong or f"{name}: not in the bucket.")
            file = place.folder / name
            bucket.ask(there, "fetch", name=name, file=str(file))
        except ShopVisioError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{file}\nshopvisio restore {file}")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", default="", envvar="SHOPVISIO_KEY", help="The recovery key; asked for where it is needed.")
def restore(file: Path, key: str) -> None:
    """Bring a backup back: it is checked now, and becomes the shop when the appliance starts again."""
    from shopvisio.backup import restoring
    from shopvisio.errors import Invalid

    settled = _config()
    try:
        try:
            told = restoring.stage(file.absolute(), settled.data, settled.secrets, key)
        except Invalid:
            if key or not sys.stdin.isatty():
                raise
            key = click.prompt("Recovery key (AGE-SECRET-KEY-1...)", hide_input=True)
            told = restoring.stage(file.absolute(), settled.data, settled.secrets, key)
    except ShopVisioError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"The shop of {told['made']}, version {told['app']}: {told['check']}")
    click.echo("It is in its place as soon as the appliance starts again.")


@main.command(name="reset-admin")
@click.argument("email", required=False)
def reset_admin(email: str | None) -> None:
    """Give a locked-out owner (EMAIL, or the first there is) a new password; it is printed once, and they are told."""
    from shopvisio import audit, mail, passkeys, second, settings
    from shopvisio.claim import for_eyes
    from shopvisio.db import public_id, writing

    with _app(_config()).app_context():
        password = for_eyes(public_id(16))
        try:
            with writing():
                owner = accounts.reset_owner(email or "", password)
                second.switch_off(owner)
                passkeys.remove_all(owner)
                audit.note("password", "shopvisio reset-admin", clock.now(), whose=owner.name)
                for address in sorted({owner.email, settings.get("email")} - {""}):
                    mail.compose("reset", address, settings.get("language"), clock.now(), who=owner.name)
        except ShopVisioError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{owner.email}\n{password}\nSign in with it, then change it on the page of the team.")
