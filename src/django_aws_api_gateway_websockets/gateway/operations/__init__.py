"""`/_gateway`: what exists for people and not on AWS, the live page, health, metrics and weather.

It looks at what the folders below it keep and count; no message passes through it.
"""
