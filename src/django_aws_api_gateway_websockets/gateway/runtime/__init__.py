"""What every part of the gateway stands on: the clock, the ids, tasks with an owner, the loggers.

Imports only `core`; everything else in the gateway may import it.
"""
