"""Foundation of every part of the gateway: the clock, ids, tasks with an owner, the loggers.

It imports only `core`; everything else in the gateway may import it.
"""
