"""API Gateway on your own machine: sockets, routes, integrations, `@connections`, control plane.

Speaks the protocols of AWS and nothing of ours, so boto3 and any HTTP backend work unchanged.
Imports only `core`; it meets Django and `delivery` over HTTP.
"""
