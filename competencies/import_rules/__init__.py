"""What the cells of a people file mean and what applying them would do.

Pure: no database, no Django. Messages are plain Indonesian sentences; imports show them
as they are.
"""
