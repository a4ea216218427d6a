"""Every address of the portal, area by area."""

from importlib import import_module

from django.urls import URLPattern, URLResolver

AREAS = (
    "home", "signing_in", "billing_files", "reports", "review", "cycles", "invitations", "settings", "outbox", "uploads",
    "customers", "partners", "catalog", "terms", "lists", "members", "clients", "profiles", "devices",
    "webhooks", "prices", "prices_edit", "prices_file", "promos", "simulation", "billing_details", "customer_bills",
    "billing", "statements", "insight",
)  # fmt: skip

urlpatterns: list[URLPattern | URLResolver] = []
for _area in AREAS:
    urlpatterns += import_module(f"trueup.web.pages.{_area}").urls
