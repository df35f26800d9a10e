"""Writes with meaning in competencies."""
