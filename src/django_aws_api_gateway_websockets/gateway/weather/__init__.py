"""The bad days of AWS, made on purpose: refused posts, lost events, stalled backends, cut sockets.

`wrappers` stands before the parts it disturbs, `chances` decides, `settings` reads the switches.
The wiring puts the wrappers in place when the weather is first asked for; nothing here is in the
way of a message before.
"""
