"""What the gateway writes down: entries as they happen, and the logs and numbers made of them."""
