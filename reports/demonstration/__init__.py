"""Invented people, ratings, classes and plans to try the product with.

Deterministic: the same day gives the same data. Nothing here runs in production
unless the operator asks for it.
"""
