"""Pages of competencies."""
