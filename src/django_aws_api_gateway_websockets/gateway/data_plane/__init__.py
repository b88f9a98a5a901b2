"""From an event of a connection to its integration, and from the answer to a reply.

Reads what a stage has deployed; what was changed since is for the control plane to know.
"""
