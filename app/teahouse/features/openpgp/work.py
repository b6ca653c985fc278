"""One account at work with OpenPGP: its keyring, and what seals and opens with it."""

from pathlib import Path

from teahouse.domain.problem import Problem, Trouble
from teahouse.engine.bench import Bench
from teahouse.engine.client import Client
from teahouse.engine.online import Online
from teahouse.features.openpgp import memory, store
from teahouse.features.openpgp.finding import Finding
from teahouse.features.openpgp.keyring import Keyring
from teahouse.features.openpgp.legacy.talking import Legacy
from teahouse.features.openpgp.model import OwnKey
from teahouse.features.openpgp.sealing import Sealing


class Work:
    """`place` gives the folder in memory for this account's keyring, and raises Trouble where there is none."""

    def __init__(self, bench: Bench, online: Online, profile: Path) -> None:
        self.bench, self.online, self.account = bench, online, online.account.id
        self.keyring = Keyring(
            bench.db, self.account, online.account.jid, lambda: memory.home(memory.place(), profile, self.account)
        )
        self.finding = Finding(bench.db, self.account, self.keyring, bench.now)
        self.sealing = Sealing(bench.db, self.account, self.keyring, bench.clock)
        self.legacy = Legacy(bench.db, self.account, self.keyring)

    @property
    def jid(self) -> str:
        """The bare address of the account."""
        return self.online.account.jid

    def client(self) -> Client | None:
        """Its connection, if there is one."""
        return self.online.session.client

    @property
    def fingerprints(self) -> frozenset[str]:
        """Of all keys that are ours."""
        return frozenset(key.fingerprint for key in store.own(self.bench.db, self.account))

    async def key(self) -> OwnKey:
        """The key in use, made and published if there is none; raises Trouble."""
        if (known := self.keyring.own()) is not None:
            return known
        made = await self.keyring.make()
        await self.present()
        return made

    async def present(self) -> None:
        """Tell everybody of the key in use. What fails is tried again in the next session."""
        client = self.client()
        if client is None:
            return
        try:
            await self.finding.present(client)
        except Trouble as trouble:
            self.complain(trouble.problem)

    def complain(self, problem: Problem) -> None:
        """Say what went wrong."""
        self.bench.complain(problem, self.account)
