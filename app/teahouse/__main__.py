"""The way in: read the command line, then let the broker start everything else."""

import sys


def main() -> int:
    """Start Teahouse; the result is the exit code."""
    from teahouse.options import parse

    options = parse()
    from teahouse import broker

    return broker.main(options)


if __name__ == "__main__":
    sys.exit(main())
