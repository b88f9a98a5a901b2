"""Calls of the `apigatewayv2` control plane that build an API, as values in and values out.

Knows nothing of Django rows or settings; the boto3 client is handed in.
Imports only `core`, so the same calls work against AWS and against the gateway on your machine.
"""
