"""Calls of the `apigatewayv2` control plane: `desired`, `actual`, `plan`, `apply` and `calls`.

Functions take and return values: nothing here knows a Django row or a setting, and the boto3
client is an argument. The folder imports only `core`, so that AWS and the local gateway get the
same calls.
"""
