"""Calling the integration of a route: an HTTP backend, with templates or without, or a mock."""
