WEBSOCKETS = {
    "rate_limit_max_attempts": 30,
    "rate_limit_window_minutes": 2,
    "token_rate_limit_per_minute": 30,
}
