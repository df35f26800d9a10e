"""Writes with meaning in training.

Lock order, the same everywhere: the employee (only where dates are compared), then the
class, then enrolments by key, then plans. A service that changes seats locks the class
first, so a seat that becomes free and the waiting list move together; the seat itself is
taken by a conditional update (`seats_taken < capacity`), and a constraint stands behind it.
"""
