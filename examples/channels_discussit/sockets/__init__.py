"""The socket's side on Django Channels; its counterpart on the package is the other example's."""
