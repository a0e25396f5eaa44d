"""Unified Diagnostic Services (ISO 14229-1): messages, codes and the timing of requests, for tester and ECU."""
