"""Queries by noun. Each function takes the caller's connection first, returns domain values, and never commits."""
