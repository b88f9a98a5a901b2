"""The cost of a connect, a message and a disconnect in Django."""
