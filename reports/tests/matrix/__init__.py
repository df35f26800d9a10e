"""The permission matrix, row by row: how each one is tried through the pages."""
