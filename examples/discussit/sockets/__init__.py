"""The socket's side on this package; its counterpart on Channels stands in the other example."""
