"""`apigatewayv2`: the records boto3 changes, their rules, and what a deployment makes of them."""
