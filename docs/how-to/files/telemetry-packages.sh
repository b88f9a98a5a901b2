pip install "django-aws-api-gateway-websockets[opentelemetry]" opentelemetry-sdk opentelemetry-exporter-prometheus
