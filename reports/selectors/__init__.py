"""Reads that join what the other apps know."""
