"""What every part of the gateway stands on: the clock, the source of ids, tasks with an owner.

Imports only `core`; everything else in the gateway may import it.
"""
