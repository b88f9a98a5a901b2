"""The open connections: how they begin, what travels on them, and how they end.

What comes in goes to a listener; only the handshake calls a backend itself.
"""
