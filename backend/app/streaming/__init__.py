"""Streams of answers: replay from the store and live events merged, and fanned out to many viewers."""
