"""`/_gateway`: tools for people that AWS does not have: live page, health, metrics and weather.

It reads what the folders below it keep and count; no message passes through it.
"""
