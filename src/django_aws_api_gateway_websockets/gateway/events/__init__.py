"""From an event of a connection to its integration, and from the response to a reply.

`upgrade` takes `$connect`, `dispatch` messages and `$disconnect`; before it, `traffic` counts and
`history` keeps what people may come to look at.
"""
