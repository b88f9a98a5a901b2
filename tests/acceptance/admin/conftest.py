"""The admin in a real browser, in front of a real gateway."""

from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from playwright.sync_api import Browser, ConsoleMessage, Page, Response

PASSWORD = "only-for-tests"


@pytest.fixture(scope="module", autouse=True)
def _queries_beside_a_running_loop() -> Iterator[None]:
    # Playwright's loop runs in the thread of the test, which Django therefore takes for async.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def log_in(live_server, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Log in by the form; fails the test on any error or missing file the pages report."""
    contexts, errors = [], []

    def note_console(message: ConsoleMessage) -> None:
        # A file that could not be loaded is noted with its address, below.
        if message.type in {"error", "warning"} and "Failed to load" not in message.text:
            errors.append(message.text)

    def note_answer(response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST and not response.url.endswith("/favicon.ico"):
            errors.append(f"{response.status} {response.url}")

    def visit(username: str, **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", note_console)
        page.on("response", note_answer)
        page.goto(f"{live_server.url}/admin/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        return page

    yield visit
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def people(transactional_db) -> None:
    """`root`, who may do everything, and `viewer`, who may look."""
    users = get_user_model().objects
    users.create_superuser("root", password=PASSWORD)
    viewer = users.create_user("viewer", password=PASSWORD, is_staff=True)
    viewer.user_permissions.set(
        Permission.objects.filter(
            content_type__app_label="django_aws_api_gateway_websockets",
            codename__startswith="view_",
        )
    )
