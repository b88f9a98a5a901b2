"""Memberships in a table of the project's own, which users and groups are joined through."""

import subprocess
import sys
from pathlib import Path

import pytest

MODELS = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models

class Membership(models.Model):
    person = models.ForeignKey("Person", models.CASCADE)
    group = models.ForeignKey(Group, models.CASCADE)

class Person(AbstractBaseUser, PermissionsMixin):
    email = models.CharField(max_length=50, unique=True)
    is_active = models.BooleanField(default=True)
    groups = models.ManyToManyField(Group, through=Membership)
    USERNAME_FIELD = "email"
    objects = BaseUserManager()
"""

SCRIPT = """
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 50, AUTH_USER_MODEL="people.Person", USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
        "django.contrib.sessions", "people", "django_aws_api_gateway_websockets"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", MIGRATION_MODULES={"people": None},
)
django.setup()
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
from django.contrib.auth.models import Group
from people.models import Membership, Person
from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.models import Subscription, WebSocketSession

class Room(channels.Channel):
    pattern = "room-<int:pk>"
    def may_subscribe(self, user):
        return user.is_authenticated and user.groups.filter(name="g").exists()

person, group = Person.objects.create(email="a"), Group.objects.create(name="g")
person.groups.add(group)
WebSocketSession.objects.create(connection_id="a=", user=person).subscribe("room-7")
assert Subscription.objects.count() == 1
END
assert Subscription.objects.count() == 0, "still in"
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "end",
    [
        "Membership.objects.get().delete()",
        "m = Membership.objects.get(); m.group = Group.objects.create(name='h'); m.save()",
        "group.name = 'h'; group.save()",
    ],
)
def test_a_membership_that_ends_takes_out_whom_it_let_in(tmp_path, end):
    (tmp_path / "people").mkdir()
    (tmp_path / "people/__init__.py").touch()
    (tmp_path / "people/models.py").write_text(MODELS)
    source = str(Path(__file__).parents[2] / "src")
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("END", end)],
        env={"PYTHONPATH": f"{tmp_path}:{source}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
