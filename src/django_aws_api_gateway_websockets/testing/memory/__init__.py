"""API Gateway in the memory of a test: one file for each of its parts.

`events` makes the requests that arrive at Django; `transport` takes the posts that leave it.
Nothing here knows the clients and assertions above it.
"""
