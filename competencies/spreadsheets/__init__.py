"""Opening uploaded spreadsheets: a limited process reads, this side only gets lines.

No database and no Django below here: the child must start fast and know nothing.
"""
