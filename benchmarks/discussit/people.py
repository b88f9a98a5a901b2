"""Makes groups of several sizes and logs their members in; prints who and what there is as JSON.

Run in a project of DiscussIt by `manage.py shell`, on an empty database.
"""

import json

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from chat.models import Group

__all__ = ["make_people"]


def make_people(*sizes: int) -> None:
    """Make as many users as the largest group has members; each group has the first of them."""
    call_command("migrate", verbosity=0)
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"user{number:04}", password="!") for number in range(max(sizes))
    )
    sessions = []
    for user in users:
        browser = Client()
        browser.force_login(user)
        sessions.append(browser.session.session_key)
    groups = {}
    for size in sizes:
        group = Group.objects.create(name=f"Group of {size}")
        group.members.add(*users[:size])
        groups[str(size)] = str(group.uuid)
    print(
        json.dumps(
            {
                "sessions": sessions,
                "groups": groups,
                "session_cookie": settings.SESSION_COOKIE_NAME,
                "csrf_cookie": settings.CSRF_COOKIE_NAME,
            }
        )
    )
