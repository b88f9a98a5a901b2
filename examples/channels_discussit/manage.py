#!/usr/bin/env python
"""Django's command line for DiscussIt on Channels: `demo` brings up everything but Redis."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "channels_discussit.settings")
    execute_from_command_line(sys.argv)
