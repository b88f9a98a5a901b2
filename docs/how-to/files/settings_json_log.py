LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "event": {"()": "django_aws_api_gateway_websockets.telemetry.logs.AddEvent"},
    },
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["event"],
            "formatter": "json",
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # A line for each event and each send; INFO leaves them out.
        "django_aws_api_gateway_websockets.telemetry": {"level": "DEBUG"},
    },
}
