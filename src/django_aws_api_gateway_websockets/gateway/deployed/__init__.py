"""The content of stages: routes, integrations, models and limits, and the paths that lead there.

A deployment makes these values; later changes exist for the control plane only.
"""
