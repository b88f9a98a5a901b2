WEBSOCKETS["broadcast_price"] = {"currency": "USD", "per_million_units": "1.00"}
# No single broadcast may cost more than a dollar.
WEBSOCKETS["broadcast_budget_units"] = 1_000_000
# Leave some of the account's 10,000 requests a second to everything else.
WEBSOCKETS["broadcast_rate_per_second"] = 5_000
