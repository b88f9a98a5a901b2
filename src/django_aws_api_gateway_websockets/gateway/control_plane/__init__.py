"""`apigatewayv2`: the records that boto3 changes, their rules, and the deployments made of them."""
