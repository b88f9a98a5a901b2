"""API Gateway on your own machine: sockets, routes, integrations, `@connections`, control plane.

Speaks the protocols of AWS, so boto3 and any HTTP backend work unchanged; what it adds can be left
out: `/_gateway` for people, and a header for the package's own sender (see `broadcast_posts`).
Imports only `core`, each folder only those below it, and meets Django and `delivery` over HTTP.
"""
