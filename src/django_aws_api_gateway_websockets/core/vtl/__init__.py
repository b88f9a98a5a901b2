"""The language of API Gateway's mapping templates, Velocity: scanned, parsed, interpreted.

Knows nothing of events: the variables a template may read are handed in.

Source: https://velocity.apache.org/engine/1.7/user-guide.html
"""
