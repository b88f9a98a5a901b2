"""Signed requests to `@connections`: one body to one connection, or to very many.

Knows endpoints, credentials and sockets; knows nothing of Django or of the gateway package.
Imports only `core`, so what it sends can be judged by boto3 and by AWS alike.
"""
