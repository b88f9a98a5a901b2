aws logs create-log-group --region eu-west-1 --log-group-name chat-websockets
aws apigatewayv2 update-stage --region eu-west-1 --api-id a1b2c3d4e5 --stage-name production \
    --access-log-settings file://access-log.json \
    --default-route-settings '{"LoggingLevel": "ERROR", "DataTraceEnabled": false}'
