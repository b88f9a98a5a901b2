aws apigatewayv2 update-stage --region eu-west-1 --api-id a1b2c3d4e5 --stage-name production \
    --default-route-settings '{"ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 200}'
