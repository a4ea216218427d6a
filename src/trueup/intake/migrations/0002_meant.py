from typing import Any

from django.db import migrations, models
from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat


def say_what_is_meant(apps: Any, _editor: Any) -> None:
    """Pieces that are there already: the customer and the service by all their names. What nobody knows is like nothing else."""
    piece, mapping = apps.get_model("intake", "Piece"), apps.get_model("ledger", "NameMapping")
    accounts, services = apps.get_model("accounts", "Account").objects, apps.get_model("catalog", "Service").objects
    text = CharField(max_length=100)

    def known(name: str, own: Any, target: str) -> Any:
        named = mapping.objects.filter(kind=name, name=OuterRef(name)).order_by(F("source_id").desc(nulls_last=True))
        unknown = Concat(Value("="), Cast("pk", text), output_field=text)
        return Coalesce(Cast(Subquery(own.values("pk")[:1]), text), Cast(Subquery(named.values(target)[:1]), text), unknown)

    customer = known("customer", accounts.filter(ref=OuterRef("customer")), "account_id")
    service = known("service", services.filter(code=OuterRef("service")), "service_id")
    piece.objects.update(meant=Concat(customer, Value(":"), service, output_field=text))


class Migration(migrations.Migration):
    """The value of a day is that of a customer and a service, by whichever names; gatherings that fail become smaller."""

    dependencies = [
        ("intake", "0001_initial"),
        ("accounts", "0004_invited"),
        ("catalog", "0001_initial"),
        ("ledger", "0002_keys_of_accounts"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="piece", name="piece_latest"),
        migrations.AddField("gathering", "at_most", models.PositiveIntegerField(default=10_000)),
        migrations.AddField("gathering", "tries", models.PositiveIntegerField(default=0)),
        migrations.AddField("piece", "at_most", models.PositiveIntegerField(default=10_000)),
        migrations.AddField("piece", "meant", models.CharField(default="", max_length=100), preserve_default=False),
        migrations.RunPython(say_what_is_meant, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            "piece",
            models.Index(
                fields=["account", "meant", "day", "at"], condition=models.Q(("state", "stored")), name="piece_latest"
            ),
        ),
    ]
