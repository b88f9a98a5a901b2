"""The bad days of AWS, made on purpose: refused posts, lost events, stalled backends, cut sockets.

`settings` reads the switches, `chances` decides, and `wrappers` disturb other parts.
`disturbances` installs the wrappers at the first request for weather; before that, no message meets
this folder.
"""
