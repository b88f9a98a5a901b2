"""The doctor: it follows one message all the way round, hop by hop, and names the first broken one.

A file for each stretch of the way, a `Hop` for each place on it; `hops` has them in order.
A hop only looks, but for those of `sockets`, which open a socket of their own and leave nothing.
"""
