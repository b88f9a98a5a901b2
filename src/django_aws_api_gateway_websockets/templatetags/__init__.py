"""The tags of templates: they only read their arguments, and hand on to `receiving`."""
