"""The open connections: frames in and out, the hub that knows them all, and `@connections`.

What comes in goes to a listener that the wiring names.
"""
