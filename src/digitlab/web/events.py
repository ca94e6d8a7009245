"""`EventHub`: what happens in the lab, as one stream of server-sent events for each tab."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from digitlab.web.problems import TooManyError

__all__ = ["EventHub"]

PERIOD = 0.05
"""Seconds between two messages of a stream, at least: 20 a second."""
QUIET = 10.0
"""Seconds after which a stream says that it is still there."""
LOG_ITEMS = 20_000
"""How many items of a log are kept; those before are dropped."""
REMOVED = 1_000
"""How many removed topics are kept in mind."""
STREAMS = 64


@dataclass
class _Value:
    """The latest value of a topic, as JSON, and the number of its event."""

    number: int
    text: str


@dataclass
class _Log:
    """The last items of a topic, as JSON, each with the number of its event."""

    items: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=LOG_ITEMS))
    total: int = 0

    def text_since(self, number: int) -> str | None:
        """The items after an event as JSON, and the index of the first of them; None: there are none."""
        n = 0
        for own, _ in reversed(self.items):
            if own <= number:
                break
            n += 1
        if not n:
            return None
        texts = (text for _, text in islice(self.items, len(self.items) - n, None))
        return f'{{"start":{self.total - n},"items":[{",".join(texts)}]}}'


class EventHub:
    """Topics that change, and streams that tell browsers about them. Any thread may change a topic.

    A topic is either a value, of which only the latest counts, or a log, of which every item counts. Each
    change has a number. A message of a stream holds all that has changed since the last one, so that a slow
    browser gets fewer and larger ones; its id is the number of its last change, with which a browser goes on
    after an interruption. Memory is bounded, however many changes there are.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start = secrets.token_hex(4)  # numbers of a server that was started again are others
        self._number = 0
        self._topics: dict[str, _Value | _Log] = {}
        self._removed: deque[tuple[int, str]] = deque(maxlen=REMOVED)
        self._wakers: set[_Waker] = set()
        self._closed = False

    @property
    def n_streams(self) -> int:
        """How many streams are open."""
        return len(self._wakers)

    def check_free(self) -> None:
        """Checks that another stream may be opened.

        Raises:
            TooManyError: If too many are open.
        """
        if len(self._wakers) >= STREAMS:
            raise TooManyError(f"{STREAMS} tabs are open already", "Close some of them.")

    def put(self, topic: str, value: Any) -> None:
        """Sets the value of a topic.

        Args:
            topic: Its name, such as `models`.
            value: Anything that JSON holds, thus no NaN and no infinity.
        """
        text = _to_json(value)
        with self._lock:
            self._number += 1
            self._topics[topic] = _Value(self._number, text)
        self._wake()

    def append(self, topic: str, items: Iterable[Any]) -> None:
        """Appends items to the log of a topic.

        Args:
            topic: Its name, such as `training/3/points`.
            items: Each anything that JSON holds.
        """
        texts = [_to_json(item) for item in items]
        with self._lock:
            self._number += 1
            log = self._topics.get(topic)
            if not isinstance(log, _Log):
                log = self._topics[topic] = _Log()
            log.items.extend((self._number, text) for text in texts)
            log.total += len(texts)
        self._wake()

    def remove(self, topic: str) -> None:
        """Removes a topic, and tells the streams so; an unknown one is none."""
        with self._lock:
            if self._topics.pop(topic, None) is None:
                return
            self._number += 1
            self._removed.append((self._number, topic))
        self._wake()

    def close(self) -> None:
        """Ends all streams, now and later."""
        self._closed = True
        self._wake()

    def message(self, last: str | None) -> tuple[str, str | None]:
        """What a stream is sent next.

        Args:
            last: The id of the last message that it had; None, or one of another server, for none.

        Returns:
            The id of the next message, and the message as JSON: an object of `values` by topic, `logs` by
            topic (each `start`, the index of the first item, and `items`), `removed` topics, and `reset`,
            whether what was sent before no longer counts. None: nothing has changed.
        """
        number = self._number_of(last)
        with self._lock:
            if number == self._number:
                return f"{self._start}-{self._number}", None
            values, logs = [], []
            for topic, content in self._topics.items():
                if isinstance(content, _Value) and content.number > (number or 0):
                    values.append(f"{json.dumps(topic)}:{content.text}")
                elif isinstance(content, _Log) and (text := content.text_since(number or 0)):
                    logs.append(f"{json.dumps(topic)}:{text}")
            removed = [] if number is None else [topic for own, topic in self._removed if own > number]
            return f"{self._start}-{self._number}", (
                f'{{"reset":{"true" if number is None else "false"},"removed":{json.dumps(removed)},'
                f'"values":{{{",".join(values)}}},"logs":{{{",".join(logs)}}}}}'
            )

    async def stream(self, last: str | None = None) -> AsyncIterator[bytes]:
        """A stream of server-sent events, until the browser or the server ends it.

        Args:
            last: The id of the last message that the browser had, if it had one.

        Yields:
            Messages, at most 20 a second.
        """
        with self._waker() as waker:
            while not self._closed:
                waker.event.clear()
                last, text = self.message(last)
                if text is not None:
                    yield f"id: {last}\ndata: {text}\n\n".encode()
                    await asyncio.sleep(PERIOD)
                try:
                    await asyncio.wait_for(waker.event.wait(), QUIET)
                except TimeoutError:
                    yield b":\n\n"  # a comment: it finds out whether anybody is there

    @contextmanager
    def _waker(self) -> Iterator[_Waker]:
        waker = _Waker(asyncio.get_running_loop(), asyncio.Event())
        self._wakers.add(waker)
        try:
            yield waker
        finally:
            self._wakers.discard(waker)

    def _wake(self) -> None:
        for waker in tuple(self._wakers):
            waker.wake()

    def _number_of(self, last: str | None) -> int | None:
        """The number in an id of ours; None if it is another server's."""
        start, _, number = (last or "").partition("-")
        known = start == self._start and number.isascii() and number.isdigit() and len(number) < 20
        return int(number) if known and int(number) <= self._number else None


@dataclass(frozen=True, eq=False)
class _Waker:
    """Wakes the stream of one browser."""

    loop: asyncio.AbstractEventLoop
    event: asyncio.Event

    def wake(self) -> None:
        if self.event.is_set():  # it is awake, and will see this change, too
            return
        try:
            self.loop.call_soon_threadsafe(self.event.set)
        except RuntimeError:  # the loop has ended, and the stream with it
            return


def _to_json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
