"""Checked input of training."""
