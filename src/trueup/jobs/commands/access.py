"""`trueup login` and `logout`: signing in at a server."""

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.options import examples
from trueup.jobs.starting import Later, Server, server

if TYPE_CHECKING:
    from trueup.jobs import signing_in
else:
    signing_in = Later("trueup.jobs.signing_in")

ServerOption = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="The address of the installation (default: TRUEUP_SERVER).")
]


def login(server_url: ServerOption = None) -> None:
    """Sign in at a server: allow it in the portal, with the code that is shown. Later commands with --server act as you.

    The tokens are kept in a file that only you can read. Programs need no login: TRUEUP_CLIENT_ID and TRUEUP_CLIENT_SECRET.
    """
    signing_in.login(_chosen(server_url))


def logout(server_url: ServerOption = None) -> None:
    """Sign out at a server: the tokens are taken back there and forgotten here."""
    signing_in.logout(_chosen(server_url))


def _chosen(url: str | None) -> Server:
    """The server that was named here, or before the command."""
    before = server()
    if url is not None:
        return Server(url, before.account if before else None)
    if before is None:
        raise typer.BadParameter("say where, such as https://trueup.example.com", param_hint="--server")
    return before


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.command("login", epilog=examples("trueup login --server https://trueup.example.com"))(login)
    root.command("logout", epilog=examples("trueup logout --server https://trueup.example.com"))(logout)
