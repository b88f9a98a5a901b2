WEBSOCKETS["token_expiry_seconds"] = 30
WEBSOCKETS["token_rate_limit_per_minute"] = 40
