aws cloudwatch put-metric-alarm --region eu-west-1 --alarm-name chat-cannot-reach-django \
    --namespace AWS/ApiGateway --metric-name ExecutionError \
    --dimensions '[{"Name": "ApiId", "Value": "a1b2c3d4e5"}, {"Name": "Stage", "Value": "production"}]' \
    --statistic Sum --period 60 --evaluation-periods 3 \
    --threshold 5 --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching
