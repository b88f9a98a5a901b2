WEBSOCKETS["rate_limit_max_attempts"] = 30
WEBSOCKETS["rate_limit_window_minutes"] = 2
WEBSOCKETS["token_rate_limit_per_minute"] = 30
