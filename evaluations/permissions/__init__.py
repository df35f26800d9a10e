"""Who may do what to a visible row of evaluations."""
