"""Forms as plain HTML: what was typed stays, what is wrong is said beside its field, numbers and days as the language writes them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from trueup.kit.errors import Conflict, Invalid, Problem, TrueUpError
from trueup.kit.period import FOREVER
from trueup.web import numbers
from trueup.web.words import says

LANGUAGE: Final = "language"
"""The hidden field of forms with numbers that says in which language they were made."""

MOST_TYPED: Final = 300
"""Characters a field of one line takes, unless it says otherwise."""


class Form(forms.Form):
    """A form of the portal. `where` says which field a problem of the domain belongs to, where that is not its own name.

    `says_optional`: whether fields that may be left empty say so.
    """

    where: ClassVar[Mapping[str, str]] = {}
    says_optional: ClassVar[bool] = True
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meanwhile: dict[str, str] = {}
        if any(isinstance(field, NumberField) for field in self.fields.values()):
            self.fields[LANGUAGE] = forms.CharField(required=False, widget=forms.HiddenInput, initial=numbers.language)
            if self.is_bound:
                self._into_this_language()

    def _into_this_language(self) -> None:
        """Numbers are read as they were written: in the language the form was made in, which need not be that of the page any more."""
        data = cast("QueryDict", self.data).copy()
        made_in = numbers.known_language(data.get(LANGUAGE, ""))
        for name, field in self.fields.items():
            if isinstance(field, NumberField):
                field.unread = _rewrite(data, name, made_in)
        data[LANGUAGE] = numbers.language()
        self.data = data

    def offer(self, **offered: Iterable[tuple[str, str]]) -> None:
        """What the lists of fields offer."""
        for name, pairs in offered.items():
            self.fields[name].choices = list(pairs)  # type: ignore[attr-defined]

    def is_valid(self) -> bool:
        """Whether everything typed can be read; the first field that can't is where the person goes on."""
        fine = super().is_valid()
        if self.is_bound:
            self.cleaned_data.pop(LANGUAGE, None)  # it is about the form, not about the thing
        self._focus()
        return fine

    def refuse(self, error: TrueUpError) -> None:
        """Put what the domain refused beside the fields it is about; the rest goes to the top."""
        problems = [*error.problems] if isinstance(error, Invalid) else []
        for problem in problems or [Problem("", error.message)]:
            name = self._field_of(problem.where)
            self.add_error(name, says(problem.message))
        self._focus()

    def renew(self, fresh: Mapping[str, Any]) -> None:
        """Somebody changed the thing meanwhile: keep what was typed, note beside it what is there now, and go on from there.

        `fresh` are the values as they are now, as `initial` has them.
        """
        data = cast("QueryDict", self.data).copy()
        data["seen"] = fresh.get("seen", "")
        self.meanwhile = {name: self._written(name, value) for name, value in fresh.items() if self._differs(name, value)}
        self.data = data

    def _differs(self, name: str, value: Any) -> bool:
        """Whether what is there now is neither what was typed nor what an empty field stands for."""
        return name in self.fields and name != "seen" and self.fields[name].has_changed(value, self[name].data)

    def _written(self, name: str, value: Any) -> str:
        """A value as the field would show it."""
        offered = dict(getattr(self.fields[name], "choices", ()))
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        return str(offered.get(value) or self.fields[name].prepare_value(value) or "–")

    def act(self, verb: Callable[[], Any]) -> bool:
        """Do something with what was typed; what is wrong with it is said in the form. NotFound and NotAllowed rise."""
        try:
            verb()
        except (Invalid, Conflict) as error:
            self.refuse(error)
            return False
        return True

    def _field_of(self, place: str) -> str | None:
        """The field a problem is shown beside; None is the top of the form."""
        parts = str(place).replace("`", "").replace("[", ".").split(".")
        for name in (str(place), *reversed(parts)):
            wanted = self.where.get(name, name)
            if wanted in self.fields and wanted not in {"seen", LANGUAGE}:
                return wanted
        return None

    def _focus(self) -> None:
        first = next((name for name in self.fields if name in self.errors), None)
        if first is not None:
            self.fields[first].widget.attrs["autofocus"] = True


def _rewrite(data: QueryDict, name: str, made_in: str) -> str:
    """Write a number in the language of the page; returns why that can't be done, and leaves it as it was typed then."""
    typed = str(data.get(name, ""))
    if not typed or len(typed) > MOST_TYPED:
        return ""
    try:
        data[name] = numbers.rewritten(typed, made_in)
    except Invalid as error:
        return says(error.message)
    return ""


class TextField(forms.CharField):
    """One line of text; empty is no text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MOST_TYPED, "required": False, **kwargs})


class NumberField(forms.CharField):
    """A decimal number ≥ 0, typed as the language writes it; its value is plain text for an action, "" where nothing was typed.

    `unread`: why what was typed can't be read in the language its form was made in.
    """

    unread = ""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 40, "required": False, **kwargs})

    def clean(self, value: Any) -> str:
        """The number as plain text. Raises ValidationError."""
        typed: str = super().clean(value)
        if self.unread:
            raise forms.ValidationError(self.unread)
        try:
            return numbers.read(typed)
        except Invalid as error:
            raise forms.ValidationError(says(error.message)) from None

    def prepare_value(self, value: Any) -> Any:
        """A number as it is typed; what was typed as it is."""
        return numbers.typed(value) if isinstance(value, Decimal) else value


class WholeField(forms.CharField):
    """A whole number ≥ 0, None where nothing was typed."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 9, "required": False, **kwargs})

    def clean(self, value: Any) -> int | None:
        """The number. Raises ValidationError."""
        typed = super().clean(value).strip()
        if not typed:
            return None
        if not (typed.isascii() and typed.isdigit()):
            raise forms.ValidationError(gettext("This must be a whole number."))
        return int(typed)


class DaysField(forms.CharField):
    """Whole numbers separated by commas, the largest first; a dash is none at all. None where nothing was typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 200, "required": False, **kwargs})

    def clean(self, value: Any) -> list[int] | None:
        """The numbers. Raises ValidationError."""
        written = super().clean(value).strip()
        if written in {"-", "–"}:
            return []
        typed = [part.strip() for part in written.replace(";", ",").split(",") if part.strip()]
        if any(not (part.isascii() and part.isdigit() and len(part) < 5) for part in typed):
            raise forms.ValidationError(gettext("These must be whole numbers with commas between them, like 3, 1, 0."))
        return sorted({int(part) for part in typed}, reverse=True) if typed else None

    def prepare_value(self, value: Any) -> Any:
        """The numbers as they are typed."""
        if not isinstance(value, list | tuple):
            return value
        return ", ".join(str(day) for day in value) or "-"


class DayField(forms.DateField):
    """A day of the calendar, chosen in the browser's own way."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(**{"widget": widget, "input_formats": ["%Y-%m-%d"], "required": False, **kwargs})

    def to_python(self, value: Any) -> date | None:
        """The day. Raises ValidationError."""
        day = super().to_python(value)
        if day is not None and not 1900 <= day.year < FOREVER.year:
            raise forms.ValidationError(gettext("There is no such day in the calendar."))
        return day


class ChoiceField(forms.ChoiceField):
    """One of some values, chosen from a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})


class SwitchField(forms.BooleanField):
    """Yes or no, as a box to tick."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})


class ManyField(forms.MultipleChoiceField):
    """Any number of some values, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})


def choices(pairs: Iterable[tuple[str, str]], nothing: str | None = None) -> list[tuple[str, str]]:
    """What a list offers; `nothing` is what no choice is called."""
    return ([("", nothing)] if nothing is not None else []) + list(pairs)


class SearchForm(forms.Form):
    """What a list is searched for; it is sent by GET, and anything that makes no sense is taken as nothing."""

    search = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Search"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=10**9, widget=forms.HiddenInput)
