"""What comes in through the pages of evaluations."""
