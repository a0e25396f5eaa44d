"""Turns a vehicle with classic UDS ECUs into a SOVD server."""
