"""The project around the chat on this package: settings and addresses."""
