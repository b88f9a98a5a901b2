"""The open connections: frames in and out, the hub of all connections, and `@connections`.

Incoming messages go to a listener that the wiring names.
"""
