"""API Gateway on your own machine: sockets, routes, integrations, `@connections`, control plane.

It speaks the protocols of AWS, so boto3 and any HTTP backend work unchanged. Two additions can be
left out: `/_gateway` for people, and a header for the package's own sender (`broadcast_posts`).
It imports only `core`, each folder only those below it, and meets Django and `delivery` over HTTP.
"""
