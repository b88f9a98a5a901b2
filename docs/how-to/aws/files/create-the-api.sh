python manage.py createApiGateway --pk 1
python manage.py createCustomDomain --pk 1
