"""What a stage serves: its routes, integrations, models, limits, and which API a path names.

A deployment makes these values; what was changed since is for the control plane to know.
"""
