"""What exists for people and not on AWS: the log, the numbers, the live page, and the weather."""
