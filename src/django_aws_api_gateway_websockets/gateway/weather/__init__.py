"""The bad days of AWS, made on purpose: refused posts, lost events, stalled backends, cut sockets.

It wraps parts of the gateway in the wiring, and only when it is asked for.
"""
