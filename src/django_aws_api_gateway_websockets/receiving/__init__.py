"""From a request of API Gateway to the project's handler: read, look up, judge, record, invoke.

Each step is a file of that name, and takes what the step before it gave.
Imports `models` and what lies below; only the doors import it.
"""
