"""The whole way of a message, beside Channels, Pushpin and serverless-offline."""
