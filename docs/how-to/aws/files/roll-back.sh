aws apigatewayv2 get-deployments --region eu-west-1 --api-id a1b2c3d4e5 \
    --query "Items[].[DeploymentId, CreatedDate, Description]"
aws apigatewayv2 update-stage --region eu-west-1 --api-id a1b2c3d4e5 --stage-name production \
    --deployment-id abc123
