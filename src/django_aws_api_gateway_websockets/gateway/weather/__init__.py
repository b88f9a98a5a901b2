"""The bad days of AWS, made on purpose: refused posts, lost events, stalled backends, cut sockets.

`settings` reads the switches, `chances` decides, and `wrappers` stands before what it disturbs.
The wiring puts the wrappers in place when the weather is first asked for; no message meets anything
of this folder before.
"""
