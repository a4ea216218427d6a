"""An invitation: the page on which somebody chooses a name and a password."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from trueup.accounts.queries import Invited
from trueup.kit.errors import Conflict
from trueup.network.actions import accept_invitation
from trueup.network.invitations import read
from trueup.web.page import Request, render
from trueup.web.viewing import public

_NEW = {"autocomplete": "new-password"}


class AcceptForm(forms.Form):
    """What an invited person says about themselves."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password1 = forms.CharField(label=gettext_lazy("Password"), strip=False, max_length=1000, widget=forms.PasswordInput(attrs=_NEW))
    password2 = forms.CharField(label=gettext_lazy("Password again"), strip=False, max_length=1000, widget=forms.PasswordInput(attrs=_NEW))

    def __init__(self, person: Invited, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"name": person.name}, **kwargs})
        self._person = person

    def clean(self) -> dict[str, Any]:
        """Both the same, and good enough."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords are not the same."))
        if first:
            try:
                validate_password(first, get_user_model()(email=self._person.email))
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return cleaned


@public
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: Request, token: str) -> HttpResponse:
    """Choose a name and a password, and be signed in. The same page for every link that does not work."""
    person = read(token, request.now)
    if person is None:
        return _gone(request)
    form = AcceptForm(person, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 400 if form.is_bound else 200
        return render(request, "web/invitations/invitation.html", {"form": form, "person": person}, status=status)
    try:
        accept_invitation(
            person.user_id, person.mark, name=form.cleaned_data["name"], password=form.cleaned_data["password1"], now=request.now
        )
    except Conflict:
        return _gone(request)
    user = get_user_model().objects.get(pk=person.user_id)
    record_authentication(request, user, method="invitation", email=person.email)
    signed_in: HttpResponse = perform_login(request, user, email_verification="none", redirect_url="/")
    return signed_in


def _gone(request: Request) -> HttpResponse:
    return render(request, "web/invitations/gone.html", status=404)


urls = [path("invitations/<str:token>/", invitation, name="invitation")]
