"""Passwords, tokens, rate limits: the means; who may do what is decided in `domain.access_policy`."""
