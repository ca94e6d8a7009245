"""Who may use the lab, and what every answer says."""

from __future__ import annotations

import pytest

from digitlab.web.access import AccessRules
from digitlab.web.app import PAGE, create_app

OWN = "http://127.0.0.1:8765"
TOKEN = "a-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
COOKIE = {"Cookie": f"digitlab-lab-8765={TOKEN}"}


def _problem(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"title", "detail", "status"}
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    return answer.status_code


def test_hosts():
    local = AccessRules(TOKEN)
    assert all(map(local.allows_host, ("localhost", "127.0.0.1:80", "[::1]:8765", "LOCALHOST:1")))
    foreign = (
        "evil.example",
        "192.168.0.7:8765",
        "localhost.evil.example",
        "",
        "evil.example@localhost",
        *("[::1", "[localhost]", "lab.local"),
    )
    assert not any(map(local.allows_host, foreign))
    shared = AccessRules(TOKEN, frozenset({"lab.local"}), any_address=True)
    assert all(
        map(shared.allows_host, ("lab.local:8765", "192.168.0.7:8765", "[2001:db8::1]:1", "localhost"))
    )
    assert not shared.allows_host("evil.example")


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/models", "/main.js"])
def test_a_foreign_host_is_refused_whatever_it_has(stranger, path):
    answer = stranger.get(path, headers={"Host": "evil.example", **BEARER, **COOKIE})
    assert _problem(answer) == 400
    assert "evil.example" in answer.json()["title"]


@pytest.mark.parametrize("path", ["/", "/api/models", "/api/openapi.json", "/main.js", "/nothing"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": "digitlab-lab-8765=wrong"},
        {"Cookie": f"digitlab-lab-1={TOKEN}"},
        {"Authorization": "Bearer wrong", **COOKIE},
    ],
    ids=["none", "wrong", "basic", "wrong cookie", "cookie of another port", "wrong beside a cookie"],
)
def test_nothing_without_the_token(stranger, path, headers):
    assert _problem(stranger.get(path, headers=headers)) == 401


def test_a_person_without_the_token_gets_a_page_that_says_where_it_is(stranger):
    answer = stranger.get("/", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 401
    assert "has printed" in answer.text


def test_the_opened_address_becomes_a_cookie_and_a_clean_address(stranger):
    answer = stranger.get(f"/?token={TOKEN}&x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name == f"digitlab-lab-8765={TOKEN}"
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes)
    page = stranger.get("/")  # with the cookie, which the client keeps
    assert page.status_code == 200
    assert TOKEN not in page.text
    assert stranger.get("/?token=wrong", headers={"Cookie": ""}).status_code == 401


def test_a_link_of_another_site_leads_through_a_page_of_ours(stranger):
    query = f"token={TOKEN}&x=%22%3E%3Cb"  # "><b
    answer = stranger.get(f"/?{query}", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert f"digitlab-lab-8765={TOKEN}" in answer.headers["set-cookie"]
    assert 'content="0; url=/?x=%22%3E%3Cb"' in answer.text
    assert TOKEN not in answer.text
    wrong = stranger.get("/?token=wrong", headers={"Sec-Fetch-Site": "cross-site", "Cookie": ""})
    assert wrong.status_code == 401


def test_a_browser_changes_things_from_our_page_only(stranger):
    def post(**headers):
        return stranger.post("/api/predict", content=b"", headers={**COOKIE, **headers})

    own, script = {"Origin": OWN}, {"X-Digitlab": "1"}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:8766", "http://localhost:8765"):
        assert _problem(post(Origin=origin, **script)) == 403
    assert _problem(post(**script)) == 403  # no origin
    assert _problem(post(**own, **{"Content-Type": "text/plain"})) == 403  # as a form can send it
    assert _problem(post(**own, **script)) == 415  # which is the route's own answer
    assert _problem(post(**own, **{"Content-Type": "application/json"})) == 415


def test_programs_need_no_origin_but_a_foreign_one_is_refused(stranger):
    assert _problem(stranger.post("/api/predict", headers=BEARER)) == 415
    assert _problem(stranger.post("/api/predict", headers={**BEARER, "Origin": "http://evil.example"})) == 403
    assert _problem(stranger.get("/api/models", headers={**BEARER, "Origin": "http://evil.example"})) == 403


def test_only_health_needs_no_token(stranger):
    assert stranger.get("/api/health").json().keys() == {"version"}
    assert _problem(stranger.post("/api/health")) == 401


@pytest.mark.parametrize("path", ["/", "/main.js", "/api/models", "/api/nothing"])
def test_every_answer_has_the_headers(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert not any(name.startswith("access-control-") for name in headers)


@pytest.mark.parametrize("claimed", [True, False])
def test_bodies_are_counted_while_they_stream(client, claimed):
    chunk = bytes(2**18)
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    for kind, start in (("image/png", chunk), ("multipart/form-data; boundary=x", head)):
        parts = [start, *[chunk] * 4, b"more"]
        content = b"".join(parts) if claimed else iter(parts)
        answer = client.post("/api/predict", content=content, headers={"Content-Type": kind})
        assert _problem(answer) == 413
        assert "1 MiB" in answer.json()["detail"]


@pytest.mark.parametrize("claimed", [True, False])
def test_what_is_no_picture_is_short(stranger, claimed):
    query = {"width": 512, "height": 512, "models": "recognizer"}
    content = bytes(2**21 + 1) if claimed else iter([bytes(2**21), b"x"])
    answer = stranger.post("/api/draw", content=content, params=query, headers=BEARER)
    assert _problem(answer) == 413
    assert "2 MiB" in answer.json()["detail"]


def test_what_is_not_there_or_not_allowed_is_a_problem(client):
    assert _problem(client.get("/api/nothing")) == 404
    assert (PAGE / "vendor" / ".." / ".." / "server.py").is_file()
    for path in ("/..%2fserver.py", "/vendor/..%2f..%2fserver.py"):  # which the client leaves as they are
        assert _problem(client.get(path)) == 404
    assert _problem(client.delete("/api/models")) == 405


def test_a_defect_is_a_problem_without_its_details(lab, stranger, monkeypatch):
    from fastapi.testclient import TestClient

    monkeypatch.setattr(lab.models, "scan", lambda: 1 / 0)
    asked = TestClient(stranger.app, OWN, raise_server_exceptions=False, headers=BEARER)
    answer = asked.get("/api/models")
    assert _problem(answer) == 500
    assert "division" not in answer.text


def test_nothing_is_measured_for_others_where_an_sdk_is_installed(lab, monkeypatch):
    from fastapi.testclient import TestClient
    from opentelemetry import trace

    asked_for = []

    class Provider(trace.TracerProvider):
        def get_tracer(self, *args, **named):
            asked_for.append(args)
            return trace.NoOpTracer()

    monkeypatch.setattr(trace, "get_tracer_provider", Provider)
    with TestClient(create_app(lab, AccessRules(TOKEN)), OWN, headers=BEARER) as asked:
        assert asked.get("/api/health").status_code == 200
        assert _problem(asked.get("/api/nothing")) == 404
    assert asked_for == []
