"""DiscussIt on this package beside DiscussIt on Django Channels."""
