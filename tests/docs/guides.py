"""The projects that the guides make: each folder of files beside a guide is an app named `chat`.

The URLs of the project are those that the tutorial's first page gives it.
"""

import shutil
from pathlib import Path

from tests.docs.pages import DOCS
from tests.python_process import python_says

FILES = DOCS / "how-to" / "files"

GUIDES = sorted(path.name for path in FILES.iterdir() if (path / "tests.py").is_file())
"""The guides whose files are an app with tests."""

APPS = sorted(path.name for path in FILES.iterdir() if (path / "urls.py").is_file())
"""The guides whose files are an app."""

SETTINGS = """
from pathlib import Path

SECRET_KEY = "only-for-tests"
ROOT_URLCONF = "mysite.urls"
ALLOWED_HOSTS = ["testserver"]
INSTALLED_APPS = [
    "django_aws_api_gateway_websockets",
    "chat",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
STATIC_URL = "static/"
"""


def make_app(guide: str, folder: Path) -> Path:
    """Copy the files of a guide as the app `chat` into a folder, beside a project `mysite`."""
    app = folder / "chat"
    shutil.copytree(FILES / guide, app, ignore=shutil.ignore_patterns("__pycache__"))
    (app / "__init__.py").touch()
    project = folder / "mysite"
    project.mkdir()
    (project / "__init__.py").touch()
    urls = (DOCS / "tutorial/files/1-two-tabs/urls.py").read_text()
    assert '"chat.websocket_urls"' in urls
    (project / "urls.py").write_text(urls.replace("chat.websocket_urls", "chat.urls"))
    return app


def run_tests(guide: str, folder: Path) -> str:
    """Run the tests of a guide as its reader would, and return what the runner says."""
    make_app(guide, folder)
    (folder / "guide_settings.py").write_text(SETTINGS)
    command = ["-W", "error", "-m", "django", "test", "chat", "--settings", "guide_settings"]
    return python_says(folder, *command)
