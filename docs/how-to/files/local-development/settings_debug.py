LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"terminal": {"class": "logging.StreamHandler"}},
    "loggers": {
        "django_aws_api_gateway_websockets": {"handlers": ["terminal"], "level": "DEBUG"},
    },
}
