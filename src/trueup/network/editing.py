"""One entry on its way into the tables: found for its viewer, compared with what the viewer saw, checked as the file is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from trueup.accounts.models import Account, Member
from trueup.accounts.queries import installation
from trueup.accounts.rules import Viewer
from trueup.kit.errors import Conflict, Invalid, NotFound, Problem, Stale
from trueup.kit.period import BEGINNING, local_date
from trueup.kit.text import Text, joined, plural, text
from trueup.network import document
from trueup.network.rules import dated
from trueup.network.rules.editing import ANY, NEW, Entry, base_of, entry_of, fingerprint, in_place, key_of, laid_over, shown
from trueup.network.rules.meaning import understand
from trueup.network.rules.plan import Plan, Step, compare, entry_name
from trueup.network.rules.reach import SHARED, Reach, require, require_plan
from trueup.network.rules.tree import SECTIONS, Key, Raw, State, Values, Wrong, nothing_named
from trueup.network.tables.reading import Seen, present, ref_of, seen_by, used_elsewhere

KEEPABLE = tuple(section for section in SECTIONS if section != "installation")
TAKEN = "taken"
"""The code of the problem that there is such an entry already."""
_KEY_FIELD = {"accounts": "ref", "members": "email", "terms": "from"}


@dataclass(slots=True)
class Edit:
    """What is to happen to one entry. `before` is all there is, `wanted` what `plan` has understood."""

    viewer: Viewer
    section: str
    key: Key
    given: Entry
    before: State
    seen: Seen
    reach: Reach
    wanted: State = field(default_factory=dict)

    @property
    def here(self) -> Values | None:
        """The entry as it is, if there is one the viewer sees."""
        return self.before[self.section].get(self.key) if self._sees() else None

    @property
    def name(self) -> str:
        """What the entry is called beside its kind."""
        return entry_name(self.section, self.key)

    @property
    def missing(self) -> Text:
        """That there is no such entry."""
        return nothing_named(self.section, self.name)

    def _sees(self) -> bool:
        """Whether the viewer sees the entry; one that there is not, whether it would see it."""
        if self.viewer.sees_all:
            return True
        match self.section:
            case "accounts":
                return self.key[0] in self.seen.accounts
            case "members":
                return self.key[1] in self.seen.accounts
            case "terms":
                return not self.key[0] or self.key[0] in self.seen.accounts
            case "solution_groups":
                return self.key[0] in self.seen.groups
            case "services":
                return self.key in self._services()
            case "sources":
                return self.seen.sources
        return True

    def _services(self) -> dict[Key, Values]:
        return {key: values for key, values in self.before["services"].items() if values["group"] in self.seen.groups}

    def require(self, seen: str | None) -> None:
        """Whether the viewer may touch the entry, and whether it still is what the viewer saw.

        Raises NotFound, NotAllowed, Stale, Conflict, and Invalid for a new entry whose name is taken.
        """
        there = self.key in self.before[self.section]
        if self.section in {"members", "terms"} and not self._sees():
            raise NotFound(nothing_named("accounts", self.key[1] if self.section == "members" else self.key[0]))
        if there and not self._sees() and seen != NEW:
            raise NotFound(self.missing)
        require(self.reach, self.section, self.key, self.here, str(self.given.get("tier", "")))
        if there and seen == NEW:
            field_name = _KEY_FIELD.get(self.section, "code")
            raise Invalid(text("nothing was changed"), [Problem(field_name, self._taken(), TAKEN, (field_name,))])
        if seen == ANY and not there:
            raise NotFound(self.missing)
        if seen not in (None, NEW, ANY):
            self._require_unchanged(str(seen))
        if self.section in SHARED and there:
            self._require_own_use(self.section, self.key[0])

    def _taken(self) -> Text:
        match self.section:
            case "accounts":
                return text("this ref is taken")
            case "members":
                return text("{email} is a member of “{ref}” already", email=self.key[0], ref=self.key[1])
            case "terms":
                return text("there are terms from this day on already")
        return text("this code is taken")

    def _require_unchanged(self, seen: str) -> None:
        if self.here is None:
            raise Stale(text("somebody has removed this meanwhile; nothing was changed"))
        visible = shown(self.here, self.seen.days)
        if fingerprint(visible) == seen:
            return
        now = entry_of(self.section, self.key, visible)
        typed = {name: value for name, value in self.given.items() if _written(value) != _written(now.get(name))}
        there = joined([text("{field}: {value}", field=name, value=_written(now.get(name)) or "–") for name in typed], "; ")
        if not typed:
            raise Stale(text("somebody else has changed this meanwhile, in other places than you; look at it again"))
        raise Stale(text("somebody else has changed this meanwhile; there is now: {values}", values=there))

    def _require_own_use(self, section: str, code: str) -> None:
        """What other vendors use as well is nobody's alone. Raises Conflict."""
        if not self.viewer.sees_all and used_elsewhere(self.viewer, section, code):
            raise Conflict(
                text("“{code}” is used outside your accounts too: only the operator of the installation may change it", code=code)
            )

    def plan(self) -> Plan:
        """What doing it would change. Raises Invalid with the fields that are wrong, NotAllowed, Conflict."""
        given = self._with_hidden_placements(self._without_names_of_others())
        data: dict[str, Raw] = {self.section: [laid_over(base_of(self.section, self.key, self.before), given)]}
        wrong = document.wrong_shape(data)
        self.wanted, meant_wrong = understand(data, wrong, self._known())
        found = [*wrong, *meant_wrong, *self._unseen_parents()]
        if found:
            raise _invalid(found)
        in_place(self.wanted, self.before)
        plan = compare(self.before, self.wanted, listed=(), in_use={})
        require_plan(self.reach, plan, self.before, self.wanted)
        for step in plan.doing:
            if step.section in SHARED and step.section != self.section and step.key in self.before[step.section]:
                self._require_own_use(step.section, step.key[0])
        return plan

    def without(self, step: Step) -> Plan:
        """The plan of a removal. Raises Conflict."""
        plan = Plan((step,))
        require_plan(self.reach, plan, self.before, {})
        return plan

    def in_force(self) -> Text | None:
        """Why terms have to stay: they are in force, and reports are made by them."""
        if self.section != "terms" or date.fromisoformat(self.key[1]) > self.reach.today:
            return None
        return text("they are in force or have been; give other terms from a later day on instead")

    def _known(self) -> State:
        """What the viewer may name: what it sees, and what its entry names already."""
        if self.viewer.sees_all:
            return self.before
        own = {parent for _, parent in dated.entries(self.here or {}, "parent")}
        known = {key: values for key, values in self.before["accounts"].items() if key[0] in self.seen.accounts | own}
        groups = {key: values for key, values in self.before["solution_groups"].items() if key[0] in self.seen.groups}
        return self.before | {"accounts": known, "solution_groups": groups, "services": self._services()}

    def _unseen_parents(self) -> list[Wrong]:
        """Accounts that are named now, and are in the entry's past, but that the viewer does not see."""
        if self.section != "accounts" or self.viewer.sees_all:
            return []
        own = {parent for _, parent in dated.entries(self.here or {}, "parent")}
        hidden = own - self.seen.accounts
        placements = self.given.get("placements")
        named: list[tuple[tuple[str | int, ...], Raw]] = [(("parent",), self.given.get("parent"))]
        if isinstance(placements, list):
            named += [(("placements", index, "parent"), row.get("parent")) for index, row in enumerate(placements) if isinstance(row, dict)]
        elif isinstance(placements, dict):
            named.append((("placements", "parent"), placements.get("parent")))
        return [Wrong(("accounts", 0, *at), nothing_named("accounts", ref), "unknown") for at, ref in named if ref in hidden]

    def _with_hidden_placements(self, given: Entry) -> Entry:
        """Of placements the viewer does not see it can say that they stay: their day, and None as the parent."""
        placements = given.get("placements")
        if self.section != "accounts" or self.seen.days is None or not isinstance(placements, list):
            return given
        hidden = {day: parent for day, parent in dated.entries(self.here or {}, "parent") if day not in self.seen.days}
        return given | {"placements": [_kept(row, hidden) for row in placements]}

    def _without_names_of_others(self) -> Entry:
        """A person has one name everywhere: who does not see all of a person's accounts does not change it."""
        if self.section != "members" or "name" not in self.given or self.viewer.sees_all:
            return self.given
        elsewhere = Member.objects.filter(user__email=self.key[0]).exclude(account__in=Account.objects.visible_to(self.viewer))
        return {name: value for name, value in self.given.items() if name != "name" or not elsewhere.exists()}


def _written(value: Raw) -> str:
    """A value as it can be compared and shown: 5, "5" and 5.0 are told apart by nobody who types them."""
    if isinstance(value, list):
        return ", ".join(_written(item) for item in value)
    if isinstance(value, dict):
        return " ".join(_written(item) for item in value.values())
    return "" if value is None else str(value)


def _kept(row: Raw, hidden: Mapping[date, str]) -> Raw:
    """A placement; one that only says that it stays, with the account it stays under."""
    if not isinstance(row, dict) or row.get("parent") is not None:
        return row
    parents = {day.isoformat(): parent for day, parent in hidden.items()}
    parent = parents.get(str(row.get("from") or BEGINNING.isoformat()))
    return row if parent is None else row | {"parent": parent}


def find(viewer: Viewer, section: str, given: Entry, now: datetime) -> Edit:
    """The entry, and all that is needed to decide about it. Raises NotFound for a section there is not."""
    if section not in KEEPABLE:
        raise NotFound(text("there is no section “{section}”", section=section))
    key = key_of(section, given)
    ref = {"accounts": key[0], "members": key[-1], "terms": key[0]}.get(section, "")
    before = present({ref})
    reach = Reach.of(viewer, ref_of(viewer), local_date(now, installation().time_zone), before["accounts"])
    return Edit(viewer, section, key, given, before, seen_by(viewer, ref), reach)


def _invalid(wrong: list[Wrong]) -> Invalid:
    """Every problem beside its field, in the order they were found, each once."""
    found = dict.fromkeys((_where(item), item.message, item.code, tuple(str(step) for step in item.path[2:])) for item in wrong)
    problems = [Problem(*item) for item in found]
    many = plural("{count} problem; nothing was changed", "{count} problems; nothing was changed", len(problems))
    return Invalid(many, problems)


def _where(item: Wrong) -> str:
    """The field something is wrong with: `city`, `credits.per_unit`."""
    return ".".join(step for step in item.path[2:] if isinstance(step, str))
