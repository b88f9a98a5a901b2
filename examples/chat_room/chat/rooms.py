"""The rooms there are; each is a channel of the WebSocket API."""

ROOMS = ("general", "support", "random")
