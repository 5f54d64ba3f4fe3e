"""Streaming wake word."""
