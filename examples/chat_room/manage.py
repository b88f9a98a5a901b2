#!/usr/bin/env python
"""Django's command line for the chat room: `migrate` once, then `runserver`."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chat_room.settings")
    execute_from_command_line(sys.argv)
