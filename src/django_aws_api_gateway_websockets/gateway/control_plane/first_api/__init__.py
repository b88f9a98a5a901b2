"""`apigateway`, API Gateway's first API: the part of it that WebSocket APIs need.

Its calls change the same records as those of `apigatewayv2`, with patches in place of members.
"""
