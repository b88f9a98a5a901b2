"""Visitors without an account: each gets a throw-away user, so that nobody has to sign up."""

import contextlib
import secrets
from collections.abc import Callable

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest

_MOODS = """
    amber brave bright calm candid cheery clever cosy curious daring deft dreamy eager early
    fair fleet fond frank gentle glad golden grand hardy hazel honest humble jolly keen kind
    lively loyal lucid lucky mellow merry mild misty modest nimble noble patient placid plucky
    polite proud quick quiet ready silver sincere snug spry steady sunny swift tidy true vivid
    warm wise witty zesty
""".split()  # noqa: SIM905 - as a list it would be a line per word.
_CREATURES = """
    badger beaver bison bittern crane cricket curlew dormouse dove egret falcon fawn ferret
    finch fox gannet gecko goldcrest hare hedgehog heron hoopoe ibex jackdaw jay kestrel
    kingfisher kite lapwing lark linnet lynx magpie marmot marten merlin mole newt nightjar
    nuthatch oriole osprey otter owl petrel pipit plover puffin quail raven redstart robin
    salmon seal shrew siskin sparrow squirrel starling stoat swallow swift tern thrush vole
    wagtail walrus warbler wren
""".split()  # noqa: SIM905 - as a list it would be a line per word.
_PLAIN_ATTEMPTS = 5
_ATTEMPTS = 10


def pick_name(*, numbered: bool) -> str:
    """Draw a name such as `amber-otter`, with a number once the plain ones are getting scarce."""
    words = [secrets.choice(_MOODS), secrets.choice(_CREATURES)]
    if numbered:
        words.append(str(secrets.randbelow(1_000_000)))
    return "-".join(words)


def create_guest(pick: Callable[..., str] = pick_name) -> User:
    """Create a user with a friendly name of its own and no usable password.

    The name only says who is speaking; what identifies the visitor is the session. The database
    decides whether a name is free, because two visitors may draw the same one at the same time.
    """
    for attempt in range(_ATTEMPTS):
        name = pick(numbered=attempt >= _PLAIN_ATTEMPTS)
        with contextlib.suppress(IntegrityError), transaction.atomic():
            return User.objects.create_user(name)
    raise RuntimeError(f"No free guest name in {_ATTEMPTS} attempts; delete old guests.")


def sign_in_guest(request: HttpRequest) -> None:
    """Make a user that nobody can log in as, and sign this visitor in as that user."""
    login(request, create_guest(), backend="django.contrib.auth.backends.ModelBackend")
