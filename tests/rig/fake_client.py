"""`python -m tests.rig.fake_client [options]`: the real broker with a client that prints its lines."""

import os
import select
import signal
import sys

from teahouse import broker
from teahouse.broker_link import BrokerLink
from teahouse.options import Options, parse
from teahouse.paths import ProfilePaths


def client(options: Options, paths: ProfilePaths, link: BrokerLink) -> int:
    """Prints what arrives; ends with 7 at the line asked for in FAKE_CLIENT_ENDS_ON; first says FAKE_CLIENT_SAYS."""
    del options
    print(f"client {os.getpid()} {paths.folder}", flush=True)
    if os.environ.get("FAKE_CLIENT_CRASHES"):
        os.kill(os.getpid(), signal.SIGSEGV)
    for asked in os.environ.get("FAKE_CLIENT_SAYS", "").splitlines():
        link.send(asked.encode())
    last = os.environ.get("FAKE_CLIENT_ENDS_ON", "")
    while not link.closed:
        select.select([link], [], [])
        for line in link.receive():
            print(f"line {line}", flush=True)
            if last and line.startswith(last):
                return 7
    return 0


if __name__ == "__main__":
    sys.exit(broker.main(parse(), client))
