"""The files that `manage.py startwebsocket` writes into an app; the tutorial ends with them.

The texts stand in `skeleton`, with `[[…]]` for what differs from app to app. Everything is looked
at before the first file is written, and no file that is there is ever changed.
"""
