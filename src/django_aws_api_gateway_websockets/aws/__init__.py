"""The project's AWS: clients, endpoints, credentials, and advice when one of them does not work.

Settings come from `conf`; nothing here knows a row, a message or a request.
"""
