"""Engines: from a model and its studies to posterior draws. They know the protocol, not models."""
