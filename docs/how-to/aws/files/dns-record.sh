aws route53 change-resource-record-sets --hosted-zone-id Z0123456789ABCDEFGHIJ \
    --change-batch file://dns-record.json
