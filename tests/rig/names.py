"""A name server on loopback, by UDP and TCP, that keeps what it was asked. With an empty table it is a sink."""

import contextlib
import socket
import socketserver
import threading

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Records = dict[str, dict[str, list[str]]]
"""Name -> type -> values as in a zone file: `{"xmpp.test": {"A": ["127.0.0.1"]}}`."""


RESOLVER = "resolver.test"
"""The name under which the exits find their own name server."""


class Names:
    """Answers from `records`, which may be changed while it runs; `asked` holds (name, type) of every question."""

    def __init__(self, records: Records | None = None, address: str = "127.0.0.1", port: int = 0) -> None:
        self.records = records or {}
        self.asked: list[tuple[str, str]] = []
        self._servers: list[socketserver.BaseServer] = []
        names = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                question, line = self.request
                if answer := names._answer(question):
                    line.sendto(answer, self.client_address)

        class Stream(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while length := int.from_bytes(self.rfile.read(2), "big"):
                    answer = names._answer(self.rfile.read(length))
                    self.wfile.write(len(answer).to_bytes(2, "big") + answer)

        tcp = _Tcp((address, port), Stream)
        self.port = int(tcp.server_address[1])
        for server in (tcp, socketserver.UDPServer((address, self.port), Datagram)):
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def _answer(self, raw: bytes) -> bytes:
        try:
            query = dns.message.from_wire(raw)
        except dns.exception.DNSException:
            self.asked.append(("?", "?"))
            return b""
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), question.rdtype.name
        self.asked.append((name, kind))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name not in self.records:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif values := self.records[name].get(kind):
            reply.answer.append(dns.rrset.from_text(question.name, 30, "IN", kind, *values))
        return reply.to_wire()

    def stop(self) -> None:
        """Close both sockets."""
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A visitor that hangs up is no news."""


def ask_udp(name: str, address: str, port: int, kind: str = "A", seconds: float = 2.0) -> str:
    """One question by UDP, as a leaking program would ask; the code of the answer (NOERROR ...), or empty."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, contextlib.suppress(TimeoutError):
        line.settimeout(seconds)
        line.sendto(dns.message.make_query(name, kind).to_wire(), (address, port))
        return dns.rcode.to_text(dns.message.from_wire(line.recv(4096)).rcode())
    return ""
