"""Provisioning plans and makes the calls of AWS, without rows; `deployment` knows rows.

The calls are those of the `apigatewayv2` control plane. Functions take and return values: nothing
here knows a Django row or a setting, and the boto3 client is an argument. The folder imports only
`core`, so that AWS and the local gateway get the same calls.
"""
