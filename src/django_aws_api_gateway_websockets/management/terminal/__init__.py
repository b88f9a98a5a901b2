"""A client for the terminal: it opens a socket as a page does, and a person types what it sends.

`lines`, `closings`, `places`, `comeback` and `script` decide, and do nothing else; `client` acts on
it.
"""
