"""The stream of events: numbered, resumable, coalesced, bounded; from any thread, over a real server."""

from __future__ import annotations

import json
import threading
import time

import httpx2
import pytest

from digitlab.web import events
from digitlab.web.events import EventHub
from digitlab.web.problems import TooManyError


def _next(hub, last):
    last, text = hub.message(last)
    return last, None if text is None else json.loads(text)


def test_a_value_is_told_once_and_only_the_latest():
    hub = EventHub()
    hub.put("a", 1)
    hub.put("a", 2)
    hub.put("b", [None])
    last, first = _next(hub, None)
    assert first == {"reset": True, "removed": [], "values": {"a": 2, "b": [None]}, "logs": {}}
    assert _next(hub, last) == (last, None)
    hub.put("a", 3)
    assert _next(hub, last)[1] == {"reset": False, "removed": [], "values": {"a": 3}, "logs": {}}


def test_every_item_of_a_log_is_told_once():
    hub = EventHub()
    hub.append("points", [1, 2])
    last, first = _next(hub, None)
    assert first["logs"] == {"points": {"start": 0, "items": [1, 2]}}
    hub.append("points", [3])
    hub.append("points", [4, 5])
    other, second = _next(hub, last)
    assert second["logs"] == {"points": {"start": 2, "items": [3, 4, 5]}}
    assert _next(hub, other)[1] is None
    assert _next(hub, last)[1] == second  # a browser that lost the last message gets it again


def test_of_a_long_log_the_end_is_kept(monkeypatch):
    hub = EventHub()
    hub.append("points", range(events.LOG_ITEMS + 10))
    _, message = _next(hub, None)
    log = message["logs"]["points"]
    assert (log["start"], len(log["items"]), log["items"][-1]) == (10, events.LOG_ITEMS, events.LOG_ITEMS + 9)


def test_what_is_removed_is_told_to_those_who_had_it():
    hub = EventHub()
    hub.put("a", 1)
    last, _ = _next(hub, None)
    hub.remove("a")
    hub.remove("never")
    assert _next(hub, last)[1] == {"reset": False, "removed": ["a"], "values": {}, "logs": {}}
    assert _next(hub, None)[1]["removed"] == []
    hub.append("a", [7])  # a topic may come back as something else
    assert _next(hub, last)[1]["logs"] == {"a": {"start": 0, "items": [7]}}


@pytest.mark.parametrize(
    "foreign", ["", "x", "0-0", "deadbeef-1", "-", "\udcff-1", "own-99", "own-", "own-²"]
)
def test_an_id_of_another_server_starts_anew(foreign):
    hub = EventHub()
    hub.put("a", 1)
    own = hub.message(None)[0].partition("-")[0]
    _, message = _next(hub, foreign.replace("own", own))
    assert message["reset"]
    assert message["values"] == {"a": 1}


def test_values_must_be_json():
    with pytest.raises(ValueError, match="JSON"):
        EventHub().put("loss", float("nan"))


def _lines(stream, seconds=60):
    """The lines of a stream that ends or is left by then; a silent one ends by its timeout."""
    end = time.monotonic() + seconds
    for line in stream.iter_lines():
        assert time.monotonic() < end, "it goes on and on"
        yield line


def _messages(stream):
    """The messages of a stream, each with its id."""
    last = None
    for line in _lines(stream):
        if line.startswith("id: "):
            last = line[4:]
        elif line.startswith("data: "):
            yield last, json.loads(line[6:])


def _open_stream(client, server, **options):
    headers = {"Authorization": f"Bearer {server.token}", **options.pop("headers", {})}
    return client.stream("GET", f"{server.url}api/events", headers=headers, timeout=20, **options)


def test_a_stream_coalesces_and_goes_on_where_it_ended(server):
    hub, n = server.lab.events, 3_000
    hub.put("first", 0)
    with httpx2.Client() as client:
        with _open_stream(client, server) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            messages = _messages(stream)
            last, first = next(messages)
            assert first["values"]["first"] == 0

            def change():
                for i in range(n):
                    hub.put("count", i)
                    hub.append("points", [i])
                    time.sleep(0)

            start = time.monotonic()
            thread = threading.Thread(target=change, daemon=True)
            thread.start()
            seen, points = 0, []
            for number, message in messages:
                last, seen = number, seen + 1
                points += message["logs"].get("points", {"items": []})["items"]
                if message["values"].get("count") == n - 1:
                    break
            seconds = time.monotonic() - start
            thread.join(20)
        assert points == list(range(n))
        assert seen <= 20 * seconds + 2
        hub.put("count", "later")
        for options in ({"headers": {"Last-Event-ID": last}}, {"params": {"last": last}}):
            with _open_stream(client, server, **options) as stream:
                _, message = next(_messages(stream))
            assert not message["reset"]
            assert message["values"]["count"] == "later"
            assert message["logs"] == {}


def test_closing_the_hub_ends_open_streams(server):
    with httpx2.Client() as client, _open_stream(client, server) as stream:
        lines = _lines(stream)
        next(lines)
        server.lab.events.close()
        assert [line for line in lines if line.startswith("event")] == []  # it ends


def test_a_tab_that_is_closed_is_forgotten(server, wait_until):
    hub = server.lab.events
    with httpx2.Client() as client, _open_stream(client, server) as stream:
        lines = _lines(stream)  # kept: an iterator that is dropped closes the stream
        next(lines)
        assert hub.n_streams == 1
    wait_until(lambda: hub.n_streams == 0)


def test_streams_are_limited(server, monkeypatch):
    monkeypatch.setattr(events, "STREAMS", 0)
    with pytest.raises(TooManyError):
        server.lab.events.check_free()
    with httpx2.Client() as client, _open_stream(client, server) as stream:
        assert stream.status_code == 429
