LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        # Every refusal with its reason, every post that failed, every change in AWS.
        "django_aws_api_gateway_websockets": {"handlers": ["console"], "level": "INFO"},
    },
}
