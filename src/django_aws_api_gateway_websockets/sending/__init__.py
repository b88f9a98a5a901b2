"""From a call in Python to posts at `@connections`: messages, transports, broadcasts, their queue.

Knows no rows: an audience is handed in as recipients, or as a shape declared here.
Imports `aws`, `delivery` and what lies below.
"""
