"""Delivery posts over HTTP, signed: one body to one socket or to many; `sending` decides which.

It knows endpoints, credentials and connections, and nothing of Django or of the gateway package.
It imports only `core`, so what it sends can be judged by boto3 and by AWS alike.
"""
