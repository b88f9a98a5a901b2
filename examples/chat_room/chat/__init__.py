"""A chat room: one channel of the WebSocket API per room, one Django handler per action."""
