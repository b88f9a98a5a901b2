"""HTTP/1.1 on the gateway's port: which clients are let in, bytes in, requests out, responses back.

`targets` names the parts a request can be for; a router above tells which. `short_way` is a hook
for an optimisation, which may stay empty.
"""
