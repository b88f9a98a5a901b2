aws iam create-role --role-name ApiGatewayLogs \
    --assume-role-policy-document file://logging-role.json
aws iam attach-role-policy --role-name ApiGatewayLogs \
    --policy-arn arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs
aws apigateway update-account --region eu-west-1 \
    --patch-operations '[{"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::123456789012:role/ApiGatewayLogs"}]'
