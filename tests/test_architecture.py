"""The rules of the house that neither ruff nor import-linter can check. Each rule is also shown to catch what it forbids."""

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "trueup"

EDGES = frozenset({"api", "web", "jobs", "config"})
"""They read the clock and talk to people."""
PLAIN = frozenset({"client", "kit", "demo"})
"""Held to the rules of a domain module, but have no tables and name their files as they like."""

MOST_LINES = 400
MOST_README_LINES = 99

USUAL_NAMES = frozenset(
    {"__init__.py", "README.md", "apps.py", "migrations", "rules.py", "rules", "models.py", "actions.py", "queries.py", "queries"}
)
FURTHER_NAMES = {
    "events/append_only.py": "the triggers of both databases, for migrations",
    "events/reading.py": "each reader goes on where it stopped in every history, a bounded number of events in one transaction",
    "events/recording.py": "every action of every module writes its event through it, so it is neither verb nor question",
    "exchange/written.py": "a profile as people write it, read without a database, also where a server keeps it",
    "events/snapshot.py": "one moment of the database, for questions of every module that read twice",
    "intake/claims.py": "what becomes of a set of pieces that a clock has taken up, written by nobody who lost it",
    "intake/naming.py": "the question every verb asks first, in SQL that is made once",
    "intake/pinning.py": "the ledger's pin, after all that was acknowledged was gathered: for everybody who pins",
    "intake/working.py": "what the clock does: fixing a set of pieces, storing it and saying so cannot be one transaction",
    "ledger/durable.py": "what is acknowledged is on the disk, for the engine and for all that is taken in before it",
    "ledger/engine": "the only code that knows files, Delta and DuckDB",
    "ledger/figures.py": "what a month's reading returns, shared by engine and queries",
    "network/customers": "a CSV of any size on its way into the tables",
    "network/document.py": "YAML and JSON Schema, and the line of everything",
    "network/editing.py": "one entry on its way into the tables, for the verbs that change and remove one",
    "network/keys.py": "what the library that checks secrets keeps of an API client, written with our own row",
    "network/invitations.py": "signed links, which are kept nowhere: made for the edges that invite, read where one is opened",
    "network/queries": "the questions of many pages, one file for each subject",
    "network/tables": "each part of the file beside the tables it is kept in",
    "notifications/billing.py": "what an e-mail says of final billing, and whose it is",
    "notifications/composing.py": "what an e-mail says, read with its recipient's rights when it is sent",
    "notifications/gathering.py": "the verbs that make deliveries of events, read from every history at once",
    "notifications/rendering.py": "templates, the operator's before ours",
    "notifications/sending.py": "claiming, sending and marking cannot be one transaction, for mail cannot be taken back",
    "reports/access.py": "how every verb and question reaches a report: found for its viewer, locked, written back, told",
    "reports/columns.py": "a decimal both databases keep exactly",
    "reports/adjusting.py": "the part of generating that looks for late usage, and finds what an adjustment adjusts",
    "reports/generating.py": "the verbs that measure: all reports of a cycle, or one anew",
    "reports/making.py": "reports and lines as they are first written, for generating and adjusting",
    "reports/measuring.py": "from measured figures to lines and back, for generating, reading and verifying",
    "reports/several.py": "a verb done with many reports, one by one: what became of each is told to both edges",
    "reports/verifying.py": "the question whether every stored figure comes out again",
    "prices/naming.py": "which customers of a list its reader may read of: asked by all questions about prices, and of tables",
    "prices/portions.py": "the questions of long lists, a portion at a time, for the API and the pages",
    "prices/written.py": "a file of prices as people write it, for the edges that hand one out",
    "statements/collecting.py": "what a billing report comes to as it stands, for its verbs and its questions alike",
    "statements/adjusting.py": "what was said of a month before, for whatever is a difference to it",
    "statements/correcting.py": "what replaces a statement and the differences to it, on its way to the verb",
    "statements/customers.py": "what an MSP bills its customers: a question of its own",
    "statements/exports": "one file per format",
    "statements/files.py": "the registry of all files, for every edge",
    "statements/insight": "the questions beyond single documents, one file for each",
    "statements/due.py": "what the clock of final billing finds in the tables, for what issues and for the pipeline",
    "statements/issuing.py": "what the clock does: drafts of statements, portion by portion",
    "statements/adding.py": "the lines behind a billing report, added up for its verbs and its questions alike",
    "statements/codes.py": "what promo codes of a billing report unlock, now or as it was copied",
    "statements/writing.py": "numbers are given and statements written in one transaction, for the clock and for corrections alike",
    "statements/settling.py": "from reports to charged lines, for everything that is priced",
    "webhooks/calling.py": "one call to somebody else's server, to an address that was looked at",
    "webhooks/gathering.py": "the verbs that make deliveries of events, read from every history at once",
    "webhooks/sealing.py": "secrets as they are kept",
    "webhooks/sending.py": "claiming, calling and marking cannot be one transaction, for a call cannot be taken back",
    "ledger/pinning.py": "what a closing of a month needs from the ledger",
    "uploads/outcomes.py": "what a delivery came to, kept the same way by the clock and by what is answered at once",
    "uploads/storage.py": "where the files are while they wait, and how far the work on them is",
    "uploads/working.py": "what the clock does: neither a verb of a person nor one transaction",
}
FORBIDDEN_NAMES = frozenset(
    {"utils", "helpers", "common", "services", "managers", "signals", "mixins", "constants", "misc", "base", "core"}
)

NO_TENANT = {
    "accounts.Installation": "the one row of the installation's own settings",
    "accounts.Region": "the vendor's list, the same for everybody",
    "accounts.AccountType": "the vendor's list, the same for everybody",
    "accounts.User": "a person, who is reached through the accounts they are a member of",
    "catalog.BillingUnit": "the vendor's list, the same for everybody",
    "ledger.LedgerClock": "one row: how far the ledger's time has come",
    "notifications.Reached": "how far each account's history was read; no figure of anybody",
    "webhooks.Reached": "how far each account's history was read; no figure of anybody",
    "reports.Generation": "that the reports of a cycle are all there; no figure of anybody",
    "reports.LateCheck": "how far late usage was looked for; no figure of anybody",
    "statements.Hold": "why the clock could not issue something; what is shown is computed anew for its viewer",
    "statements.NumberSeries": "the last number of a seller; no figure of anybody",
    "events.ChainHead": "the hash each account's next event continues from; no figure of anybody",
}

MACHINE_TIME = {
    "ledger/engine/compaction.py": "files left by killed processes are removed by the age the machine gives them",
    "ledger/engine/table.py": "the storage's log notes when a file was added; nothing of ours reads it",
}

CLOCKS = frozenset({"now", "utcnow", "today", "localdate", "localtime"})
CLOCK_OWNERS = frozenset({"datetime", "date", "timezone", "dt", "pendulum"})
ENGINES = frozenset({"duckdb", "deltalake", "pyarrow"})


class File(NamedTuple):
    """A source file: where it is inside src/trueup, and what is written in it."""

    path: str
    text: str

    @property
    def module(self) -> str:
        """The top-level module it belongs to (`ledger`; of `demo.py`, `demo`)."""
        return self.path.split("/")[0].removesuffix(".py")

    def nodes(self) -> Iterator[ast.AST]:
        """Every node of its syntax tree."""
        return ast.walk(ast.parse(self.text))


def line_of(node: ast.AST) -> int:
    """Where in its file a node begins, from 1."""
    return int(getattr(node, "lineno", 0))


Rule = Callable[[File], list[str]]


def too_long(file: File) -> list[str]:
    """A file is read in one sitting."""
    lines = file.text.count("\n")
    return [f"has {lines} lines; the most is {MOST_LINES}"] if lines > MOST_LINES else []


def forbidden_name(file: File) -> list[str]:
    """A name says what is inside."""
    parts = [part.removesuffix(".py") for part in file.path.split("/")]
    return [f"'{part}' says nothing about what it holds" for part in parts if part in FORBIDDEN_NAMES]


def unusual_name(file: File) -> list[str]:
    """Every domain module holds the same few names."""
    module, _, rest = file.path.partition("/")
    if not rest or module in EDGES | PLAIN or rest.split("/")[0] in USUAL_NAMES:
        return []
    if f"{module}/{rest.split('/')[0]}" in FURTHER_NAMES:
        return []
    return [f"'{rest.split('/')[0]}' is not one of the names of a domain module; if it has to be, FURTHER_NAMES says why"]


def floating_point(file: File) -> list[str]:
    """Quantities are decimals. (Edges may wait for half a second.)"""
    if file.module in EDGES:
        return []
    return [f"line {line_of(node)}: floating point" for node in file.nodes() if _is_float(node)]


def _is_float(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Attribute):
        return node.attr in {"FloatField", "float64", "float32"}
    return isinstance(node, ast.Name) and node.id in {"float", "FloatField"}


def reading_the_clock(file: File) -> list[str]:
    """Below the edges the time is an argument."""
    if file.module in EDGES or file.path in MACHINE_TIME:
        return []
    return [f"line {line_of(node)}: reads the clock; `now` is an argument" for node in file.nodes() if _is_clock(node)]


def _is_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        return (node.attr in CLOCKS and owner in CLOCK_OWNERS) or (owner == "time" and node.attr in {"time", "time_ns"})
    if isinstance(node, ast.ImportFrom):
        names = {alias.name for alias in node.names}
        from_database = node.module == "django.db.models.functions" and "Now" in names
        return from_database or (node.module in {"django.utils.timezone", "time"} and bool(names & (CLOCKS | {"time"})))
    return isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}


def now_by_default(file: File) -> list[str]:
    """`now` never has a default: forgetting it must not go unnoticed."""
    if file.module in EDGES:
        return []
    functions = [node for node in file.nodes() if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [f"line {function.lineno}: `now` has a default" for function in functions if _has_default(function.args, "now")]


def _has_default(arguments: ast.arguments, name: str) -> bool:
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    with_default += [argument for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is not None]
    return name in {argument.arg for argument in with_default}


def import_in_a_function(file: File) -> list[str]:
    """Imports stand at the top; only the ledger loads its engines when it first needs them."""
    if file.path.startswith("config/"):
        return []
    functions = [node for node in file.nodes() if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {node for function in functions for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)}
    return [f"line {node.lineno}: import inside a function" for node in inside if not _loads_an_engine(file, node)]


def _loads_an_engine(file: File, node: ast.Import | ast.ImportFrom) -> bool:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    knows_one = file.module == "ledger" or file.path == "statements/exports/parquet.py"
    return knows_one and all(name.split(".")[0] in ENGINES for name in names)


def keys_of_programs(file: File) -> list[str]:
    """One file knows what the library keeps of programs and their tokens."""
    if file.path == "network/keys.py":
        return []
    imports = (node for node in file.nodes() if isinstance(node, ast.ImportFrom) and node.module == "allauth.idp.oidc.models")
    return [f"line {node.lineno}: clients and tokens are network.keys'" for node in imports]


RULES: tuple[Rule, ...] = (
    too_long,
    forbidden_name,
    unusual_name,
    floating_point,
    reading_the_clock,
    now_by_default,
    import_in_a_function,
    keys_of_programs,
)


def source_files() -> list[File]:
    """Every Python file of the package, migrations (which are generated) apart."""
    paths = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
    return [File(path.relative_to(SOURCE).as_posix(), path.read_text(encoding="utf-8")) for path in paths]


def domain_modules() -> list[Path]:
    """The folders of the domain modules."""
    folders = (folder for folder in sorted(SOURCE.iterdir()) if (folder / "__init__.py").exists())
    return [folder for folder in folders if folder.name not in EDGES | PLAIN]


def has_visible_to(model: type[models.Model]) -> bool:
    """Whether the rows of a model can be narrowed to what a viewer may see."""
    visible_to = getattr(model._default_manager, "visible_to", None)
    return callable(visible_to) and list(inspect.signature(visible_to).parameters) == ["viewer"]


def tables() -> list[type[models.Model]]:
    """The models of our own modules."""
    return [model for model in apps.get_models() if model.__module__.startswith("trueup.")]


class TestSource:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
    def test_keeps_the_rule(self, rule: Rule) -> None:
        assert [f"{file.path}: {problem}" for file in source_files() for problem in rule(file)] == []

    def test_has_files_no_longer_than_the_limit_in_tests_and_tools_too(self) -> None:
        paths = [path for folder in ("tests", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
        files = [File(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths]
        assert [f"{file.path}: {problem}" for file in files for problem in too_long(file)] == []


class TestRule:
    @pytest.mark.parametrize(
        ("rule", "path", "text"),
        [
            (too_long, "cycles/rules.py", "x = 1\n" * 401),
            (forbidden_name, "cycles/utils.py", ""),
            (forbidden_name, "kit/helpers/quantity.py", ""),
            (unusual_name, "cycles/closing.py", ""),
            (unusual_name, "reports/exports/csv.py", ""),
            (floating_point, "cycles/rules.py", "x = 0.5"),
            (floating_point, "kit/quantity.py", "x = float(y)"),
            (floating_point, "catalog/models.py", "x = models.FloatField()"),
            (floating_point, "reports/rules/lines.py", "def f(x: float) -> None: ..."),
            (reading_the_clock, "cycles/actions.py", "x = timezone.now()"),
            (reading_the_clock, "cycles/actions.py", "x = datetime.datetime.now(tz=UTC)"),
            (reading_the_clock, "cycles/models.py", "x = models.DateTimeField(default=timezone.now)"),
            (reading_the_clock, "cycles/models.py", "x = models.DateTimeField(auto_now_add=True)"),
            (reading_the_clock, "cycles/actions.py", "x = date.today()"),
            (reading_the_clock, "demo.py", "from django.utils.timezone import now"),
            (reading_the_clock, "reports/queries.py", "from django.db.models.functions import Now"),
            (reading_the_clock, "ledger/engine/lock.py", "x = time.time()"),
            (now_by_default, "cycles/actions.py", "def close(viewer, *, now=None): ..."),
            (now_by_default, "cycles/actions.py", "def close(viewer, now=None): ..."),
            (import_in_a_function, "cycles/actions.py", "def f():\n    from trueup.reports import rules"),
            (import_in_a_function, "cycles/actions.py", "def f():\n    import duckdb"),
            (import_in_a_function, "ledger/actions.py", "def f():\n    from trueup.catalog import queries"),
            (keys_of_programs, "api/callers.py", "from allauth.idp.oidc.models import Token"),
        ],
    )
    def test_catches_a_violation(self, rule: Rule, path: str, text: str) -> None:
        assert rule(File(path, text)) != []

    @pytest.mark.parametrize(
        ("rule", "path", "text"),
        [
            (too_long, "cycles/rules.py", "x = 1\n" * 400),
            (unusual_name, "ledger/engine/writing.py", ""),
            (unusual_name, "kit/quantity.py", ""),
            (unusual_name, "demo.py", ""),
            (floating_point, "jobs/work.py", "pause = 0.5"),
            (reading_the_clock, "jobs/clock.py", "x = timezone.now()"),
            (reading_the_clock, "cycles/actions.py", "record(now=now)"),
            (now_by_default, "cycles/actions.py", "def close(viewer, note='', *, now): ..."),
            (import_in_a_function, "ledger/engine/reading.py", "def f():\n    import duckdb"),
            (keys_of_programs, "network/keys.py", "from allauth.idp.oidc.models import Token"),
        ],
    )
    def test_leaves_alone_what_is_right(self, rule: Rule, path: str, text: str) -> None:
        assert rule(File(path, text)) == []

    def test_gives_a_reason_only_for_names_that_exist(self) -> None:
        assert [name for name in [*FURTHER_NAMES, *MACHINE_TIME] if not (SOURCE / name).exists()] == []


class TestTable:
    def test_with_tenant_data_has_visible_to(self) -> None:
        missing = {model._meta.label for model in tables() if not has_visible_to(model)}
        assert sorted(missing - NO_TENANT.keys()) == []

    def test_is_exempt_only_if_it_exists_and_needs_it(self) -> None:
        without = {model._meta.label for model in tables() if not has_visible_to(model)}
        assert sorted(NO_TENANT.keys() - without) == []

    def test_without_visible_to_is_noticed(self) -> None:
        assert not has_visible_to(apps.get_model("contenttypes", "ContentType"))


class TestReadme:
    def test_stands_in_every_domain_module(self) -> None:
        assert [folder.name for folder in domain_modules() if not (folder / "README.md").is_file()] == []

    def test_is_short_and_shows_no_code(self) -> None:
        texts = {path: path.read_text(encoding="utf-8") for path in SOURCE.rglob("README.md")}
        too_long_readmes = [path.parent.name for path, text in texts.items() if len(text.splitlines()) > MOST_README_LINES]
        with_code = [path.parent.name for path, text in texts.items() if "```" in text]
        assert (too_long_readmes, with_code) == ([], [])
