from reports.tests.matrix.attempts import Attempt, Key

CASES: dict[Key, Attempt] = {}
