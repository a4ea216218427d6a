"""Mapping profiles and mapped reports, as commands."""

import sys
from pathlib import Path

from trueup.client.answers import MappingProfile
from trueup.exchange.written import as_text
from trueup.jobs.desk import Desk
from trueup.jobs.messages import say
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record
from trueup.jobs.tables import Column
from trueup.kit.errors import Invalid
from trueup.kit.period import Month

_PROFILES = Listing(
    keys=("name", "account", "kind", "per", "built_in", "saved_at", "saved_by"),
    columns=(
        Column("Name", "name"),
        Column("Account", "account"),
        Column("Maps", "kind", codes=True),
        Column("Row for each", "per", codes=True),
        Column("Saved", "saved_at"),
        Column("By", "saved_by", spare=True),
    ),
    empty="There are no profiles.",
)


def show_all(desk: Desk, form: Format) -> None:
    """Write which profiles there are. Raises NotFound."""
    _PROFILES.write((_record(one) for one in desk.profiles()), form)


def _record(one: MappingProfile) -> Record:
    return {name: getattr(one, name) for name in _PROFILES.keys if name != "per"} | {"per": one.definition.get("per")}


def show(desk: Desk, name: str) -> None:
    """Write a profile as it can be saved again. Raises NotFound."""
    print(as_text(desk.profile(name)), end="")


def save(desk: Desk, file: Path) -> None:
    """Save the profile a file describes. Raises Invalid with the line of everything that is wrong, NotAllowed, NotFound."""
    saved = desk.save_profile(_read(file), file.name)
    say(f"The profile “{saved.name}” is saved.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{file} is not UTF-8 text: the byte at position {error.start + 1} cannot be read") from error


def remove(desk: Desk, name: str) -> None:
    """Remove a profile. Raises NotFound, NotAllowed, Conflict."""
    desk.remove_profile(name)
    say(f"The profile “{name}” is removed.")


def export(desk: Desk, month: Month, msp: str, name: str, *, customers: bool | None, output: Path | None) -> None:
    """Write a report as a profile says, to a file or to standard output. Raises NotFound, NotAllowed, Invalid."""
    content = desk.exported(month, msp, name, customers=customers)
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return
    output.write_bytes(content)
    say(f"{output} is written.")
