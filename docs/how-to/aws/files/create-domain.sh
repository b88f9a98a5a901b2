python manage.py createCustomDomain --pk 1
aws apigatewayv2 get-domain-name --region eu-west-1 --domain-name ws.example.com \
    --query "DomainNameConfigurations[0].[ApiGatewayDomainName, HostedZoneId]"
