"""Events and sends as an operator sees them: ids in the log, spans and metrics of OpenTelemetry.

Nothing here decides anything, and everything else works the same where nobody looks.
"""
