"""Subcommands: the options that Django gives to every command, behind the subcommand as well."""

from argparse import SUPPRESS, RawDescriptionHelpFormatter

from django.core.management.base import CommandParser, DjangoHelpFormatter

__all__ = ["LaidOutHelp", "add_django_options"]


class LaidOutHelp(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Help whose description keeps its lines."""


def add_django_options(parser: CommandParser) -> None:
    """Let Django's own options stand behind the name of a subcommand, where people write them."""
    for name in ("--settings", "--pythonpath"):
        parser.add_argument(name, default=SUPPRESS, help=SUPPRESS)
    for name in ("--traceback", "--no-color", "--force-color", "--skip-checks"):
        parser.add_argument(name, action="store_true", default=SUPPRESS, help=SUPPRESS)
    parser.add_argument(
        "-v", "--verbosity", type=int, choices=range(4), default=SUPPRESS, help=SUPPRESS
    )
