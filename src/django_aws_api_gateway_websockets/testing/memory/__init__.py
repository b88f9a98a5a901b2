"""API Gateway in the memory of a test: one file for each of its parts.

What arrives at Django, `events` makes; what leaves it, `transport` takes. Nothing here knows the
clients and assertions above it.
"""
