"""DoIP (ISO 13400-2), both ends, without I/O: codes, messages, stream decoder, client and entity connections.

Clause and table numbers in this package are those of ISO 13400-2:2019.
"""
