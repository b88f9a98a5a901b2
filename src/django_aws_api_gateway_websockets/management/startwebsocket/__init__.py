"""What `manage.py startwebsocket` writes into an app: the files that the tutorial ends with.

The texts stand in `skeleton`, with `[[…]]` for what differs from app to app. Everything is looked
at before the first file is written, and no file that is there is ever changed.
"""
