"""Takes over the databases of every release before, and builds new ones.

Each file replaces the migrations up to a release, so that a database of any of them enters at its
own step. A file must not be named 0001_initial: the first migration of old databases is.
"""
