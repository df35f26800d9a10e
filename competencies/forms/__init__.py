"""Parsing and checking of what is typed on pages of competencies."""
