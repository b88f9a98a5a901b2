"""The beginning of a demo: tables, users to log in as, and groups nobody is in."""

from django.contrib.auth import get_user_model
from django.core.management import call_command

from chat.models import Group

USERS = ("ada", "grace", "alan")
SUPERUSER = "admin"
PASSWORD = "discuss-it"
GROUPS = ("Analytical engines", "Compilers", "Machines that think", "Tea and biscuits")

WELCOME = f"""
DiscussIt is open: {{address}}
Log in as {", ".join(USERS)} or {SUPERUSER}, all with the password {PASSWORD}; as somebody else
in a private window. The admin is at {{address}}admin/
Ctrl-C stops everything.
"""


def prepare() -> None:
    """Create what is not there yet, and leave alone what is."""
    call_command("migrate", verbosity=0, skip_checks=True)
    users = get_user_model().objects
    for name in (*USERS, SUPERUSER):
        if not users.filter(username=name).exists():
            create = users.create_superuser if name == SUPERUSER else users.create_user
            create(name, password=PASSWORD)
    if not Group.objects.exists():
        Group.objects.bulk_create(Group(name=name) for name in GROUPS)
