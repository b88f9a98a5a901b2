"""Sending to very many, with a plan before and a report after.

Knows neither models nor where an audience comes from: connection ids are handed in stage by stage,
and everything posts through `outbound`.
"""
