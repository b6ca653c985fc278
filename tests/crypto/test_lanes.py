"""Blocking calls in threads: one chat in order, others beside it."""

import asyncio
import threading
from functools import partial

import pytest

from teahouse.crypto.lanes import Lanes


def test_one_chat_is_in_order() -> None:
    """The first is held until another chat went by; what stands behind it did not."""
    done: list[str] = []
    passed = threading.Event()

    def first() -> None:
        assert passed.wait(10)
        done.append("first")

    def other() -> None:
        done.append("other")
        passed.set()

    async def main() -> None:
        lanes = Lanes()
        calls = [lanes.run("a", first), *(lanes.run("a", partial(done.append, str(n))) for n in range(5))]
        await asyncio.gather(*calls, lanes.run("b", other))
        assert not lanes._last and not lanes._waiting

    asyncio.run(main())
    assert done == ["other", "first", "0", "1", "2", "3", "4"]


def test_a_failure_comes_back_and_blocks_nobody() -> None:
    """It is the caller's, and the next of the chat goes on."""

    async def main() -> int:
        lanes = Lanes()
        with pytest.raises(ZeroDivisionError):
            await lanes.run("a", lambda: 1 // 0)
        return await lanes.run("a", lambda: 7)

    assert asyncio.run(main()) == 7


def test_cancelled_it_is_not_overtaken() -> None:
    """A thread cannot be stopped: its chat waits for it."""
    done: list[str] = []
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert may_end.wait(10)
        done.append("slow")

    async def main() -> None:
        lanes = Lanes()
        task = asyncio.create_task(lanes.run("a", slow))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        after = asyncio.create_task(lanes.run("a", lambda: done.append("after")))
        await asyncio.sleep(0)
        may_end.set()
        await after
        assert task.cancelled() or task.done()

    asyncio.run(main())
    assert done == ["slow", "after"]
