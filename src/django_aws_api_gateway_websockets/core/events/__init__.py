"""One event of a connection: its context, its route, and the integration it calls.

Expressions, parameter mappings and transformations are read and worked out here.
"""
