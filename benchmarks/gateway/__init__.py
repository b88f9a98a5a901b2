"""The cost of the local gateway itself, alone and under a flood."""
