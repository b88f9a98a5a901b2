"""The way from an event of a connection to its integration, and from the response to a reply.

`event_path` connects the parts: `upgrade` takes `$connect`, `dispatch` messages and `$disconnect`.
Before them, `traffic` counts every event, and `history` keeps the last ones for people to look at.
"""
