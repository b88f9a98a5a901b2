"""The rules of API Gateway as pure values: what to do with an event, never doing it.

Nothing here performs I/O, knows Django, reads a clock or keeps state.
Imports only the standard library, so every rule is tested with a table.
"""
