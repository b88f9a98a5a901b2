"""The login of a browser."""

from typing import Any

from django.test import Client

__all__ = ["Login"]


class Login:
    """The user of a browser, who is logged in once: one who has been logged out stays so.

    Args:
        user: None for an anonymous browser.
    """

    def __init__(self, user: Any) -> None:
        self._user = user
        self._is_due = user is not None

    @property
    def name(self) -> str:
        """Name of the user."""
        return "anonymous" if self._user is None else str(self._user.get_username())

    def carry_out(self, browser: Client) -> None:
        """Log the user in by a session of Django, unless that is done."""
        if self._is_due:
            browser.force_login(self._user)
            self._is_due = False
