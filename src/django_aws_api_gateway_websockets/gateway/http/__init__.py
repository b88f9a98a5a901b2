"""HTTP/1.1 on the gateway's port: clients are let in, bytes become requests, responses bytes.

`targets` names the parts a request can be for; `deployed.address_resolver`, above, chooses one.
`short_way` is a hook for an optimisation, which may stay empty.
"""
