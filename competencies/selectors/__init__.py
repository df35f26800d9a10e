"""Reads across the tables of competencies."""
