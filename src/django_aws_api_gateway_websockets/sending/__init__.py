"""Sending decides what goes to which recipient; `delivery` posts it over HTTP.

It has messages, transports and broadcasts, and knows no row: an audience comes in as recipients, or
in a shape declared here. Imports are `aws`, `conf`, `delivery` and what lies below them.
"""
