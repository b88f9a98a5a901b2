LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "event": {"()": "django_aws_api_gateway_websockets.telemetry.logs.AddEvent"},
    },
    "formatters": {
        "event": {"format": "%(levelname)s [%(websocket_request)s] %(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["event"],
            "formatter": "event",
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # A line for each event and each send; INFO leaves them out.
        "django_aws_api_gateway_websockets.telemetry": {"level": "DEBUG"},
    },
}
