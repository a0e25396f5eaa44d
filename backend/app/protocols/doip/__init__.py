"""Diagnostics over Internet Protocol (ISO 13400-2): messages, codes and the state of a connection, for both ends."""
