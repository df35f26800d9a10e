"""Writes with meaning in evaluations."""
