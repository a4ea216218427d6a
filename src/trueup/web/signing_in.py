"""Who may sign in, and how: the library's adapters."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: an admin invites."""

    def is_open_for_signup(self, request: object) -> bool:  # noqa: ARG002 -- the library's signature
        """No."""
        return False


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Only who is a person here already comes in through the provider."""

    def is_open_for_signup(self, request: object, sociallogin: object) -> bool:  # noqa: ARG002 -- the library's signature
        """No."""
        return False
