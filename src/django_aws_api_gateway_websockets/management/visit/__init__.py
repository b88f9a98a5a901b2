"""A visit: the steps of a browser that has logged in at the site until its socket is open.

The doctor and the client for the terminal visit in the same way. The rows that a visit has made in
the database are deleted when it ends.
"""
