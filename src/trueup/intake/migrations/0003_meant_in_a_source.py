import hashlib
from typing import Any

from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q

_USUAL = "default"
_AT_ONCE = 500


def tell_sources_apart(apps: Any, _editor: Any) -> None:
    """Pieces with a name that nobody knew: it is one of their source. What was overtaken by a value of another source waits again."""
    pieces = apps.get_model("intake", "Piece").objects
    changed = set()
    unknown = pieces.filter(meant__contains="=").order_by().values_list("customer", "service", "feed", "meant").distinct()
    for customer, service, feed, before in list(unknown):
        parts = zip(before.split(":"), (customer, service), strict=True)
        after = ":".join(_now(part, name, feed or _USUAL) for part, name in parts)
        if after != before:  # else a piece from before there was such a digest: it is like nothing else
            pieces.filter(customer=customer, service=service, feed=feed, meant=before).update(meant=after)
            changed.add(after)
    for some in _portions(sorted(changed)):
        _set_free(pieces, some)


def _now(part: str, name: str, source: str) -> str:
    if part != f"={hashlib.sha256(name.encode()).hexdigest()[:40]}":
        return part
    return f"={hashlib.sha256(f'{len(source)}:{source}{name}'.encode()).hexdigest()[:40]}"


def _set_free(pieces: Any, meant: list[str]) -> None:
    same = pieces.filter(account_id=OuterRef("account_id"), meant=OuterRef("meant"), day=OuterRef("day"), at__gte=OuterRef("at"))
    later = same.filter(Q(at__gt=OuterRef("at")) | Q(pk__gt=OuterRef("pk")))
    swallowed = pieces.filter(~Exists(later), meant__in=meant, state="overtaken")
    for some in _portions(list(swallowed.values_list("pk", flat=True))):
        pieces.filter(pk__in=some).update(state="waiting", gathering=None)


def _portions(values: list[Any]) -> list[list[Any]]:
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]


class Migration(migrations.Migration):
    """An unknown name is one of its source; a gathering for which the machine is out of order pauses."""

    dependencies = [("intake", "0002_meant")]

    operations = [
        migrations.AddField("gathering", "due_at", models.DateTimeField(null=True)),
        migrations.RunPython(tell_sources_apart, migrations.RunPython.noop, elidable=True),
    ]
