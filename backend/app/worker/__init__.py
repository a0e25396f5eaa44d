"""Runs commands: claims them from the queue, talks to vehicles through connectors, records what they answer."""
