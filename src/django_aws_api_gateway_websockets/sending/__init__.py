"""The way from a call in Python to posts at `@connections`: messages, transports, broadcasts.

Nothing here knows a row: an audience comes in as recipients, or in a shape declared here.
Imports are `aws`, `conf`, `delivery` and what lies below them.
"""
