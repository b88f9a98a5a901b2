aws acm request-certificate --region eu-west-1 \
    --domain-name ws.example.com --validation-method DNS
aws acm describe-certificate --region eu-west-1 \
    --certificate-arn arn:aws:acm:eu-west-1:123456789012:certificate/11112222-3333-4444-5555-666677778888 \
    --query "Certificate.[Status, DomainValidationOptions[0].ResourceRecord]"
