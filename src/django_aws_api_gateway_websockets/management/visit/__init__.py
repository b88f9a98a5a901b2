"""A visit: what a browser that has logged in at the site does until its socket is open.

The doctor and the client for the terminal visit in the same way. Whatever a visit has made in the
database is deleted when it ends.
"""
