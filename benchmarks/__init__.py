"""Measures what the program does against the bare floor of its own engines, in one run on one machine."""
