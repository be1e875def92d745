"""How people get accounts: a manager makes them; nobody signs up by themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc,unused-ignore]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
