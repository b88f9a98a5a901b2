"""What an operator sees of events and sends: ids in the log, spans and metrics of OpenTelemetry.

Nothing here decides anything, and everything else works the same where nobody looks.
"""
