"""A message to very many: a plan before, a report after, and workers for what takes long.

The audience comes in as an `Audience`, and a queued broadcast as a `QueuedMessage`: both are
Protocols, and the rows behind them are not known here.
"""
