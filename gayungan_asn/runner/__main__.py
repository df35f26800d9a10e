"""`python -m gayungan_asn.runner`, which `./run` becomes once `.venv` is ready."""

from __future__ import annotations

import sys

from gayungan_asn.runner import start, suite
from gayungan_asn.runner.environment import Failure
from gayungan_asn.runner.processes import Stop, Stopped


def main(arguments: list[str]) -> int:
    """The exit code of one command."""
    stop = Stop()
    stop.listen()
    try:
        if arguments[:1] == ["check"]:
            return suite.check(stop)
        if arguments[:1] == ["test"]:
            return suite.test(stop, arguments[1:])
        return start.start("empty" if arguments == ["--empty"] else "run", stop)
    except Failure as failure:
        print(failure, file=sys.stderr, flush=True)
        return 1
    except Stopped:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
