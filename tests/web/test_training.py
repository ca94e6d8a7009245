"""Trainings over the API: started, controlled, watched, rewound, resumed after a kill; small ones."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace

import httpx2
import numpy as np
import pytest
import safetensors.torch
import torch

from digitlab import runs
from digitlab.networks import build
from digitlab.runs import DataConfig, Run, TorchModel
from digitlab.runs.rate_changes import load_rate_changes
from digitlab.training import TrainingSuspended, standard_recipe
from digitlab.web.problems import NotReadyError, UnknownIdError
from digitlab.web.trainings import Trainings

FEW = {"train": "mnist:train[:400]", "validation": "last:100"}
SLOW = {"batch_size": 1, "epochs": 1000, "threads": 1}
QUICK = {"batch_size": 30, "epochs": 3, "threads": 1}


def start(client, changes=QUICK, network="softmax", **more):
    body = {"network": network, "changes": changes, "data": FEW, **more}
    answer = client.post("/api/train", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def post(client, run_id, command, status=202, **body):
    answer = client.post(f"/api/train/{run_id}/{command}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def info(client, run_id):
    listed = client.get("/api/train").json()["trainings"]
    return next(one for one in listed if one["id"] == run_id)


@pytest.fixture
def wait_state(wait_until):
    """Waits until a training is in one of some states: a function of client, id and states."""

    def wait(client, run_id, *states):
        wait_until(lambda: info(client, run_id)["state"] in states)
        return info(client, run_id)

    return wait


def told(lab):
    """Everything that a new stream is told."""
    return json.loads(lab.events.message(None)[1])


def assert_same_weights(one, other):
    here, there = (safetensors.torch.load_file(folder / "model.safetensors") for folder in (one, other))
    assert here.keys() == there.keys()
    assert all(torch.equal(here[name], there[name]) for name in here)


@pytest.fixture(autouse=True)
def ended(lab):
    yield
    lab.close()


def test_a_training_becomes_a_run_and_is_rewound(client, lab, wait_state):
    first = start(client, QUICK, "mlp", options={"hidden": "5"})
    done = wait_state(client, first, "finished", "failed")
    assert (done["state"], done["step"], done["total_steps"], done["epoch_steps"]) == ("finished", 30, 30, 10)
    assert client.get("/api/train").json()["unfinished"] == []
    listed = {one["id"]: one for one in client.get("/api/models").json()["models"]}
    assert listed[first]["kind"] == "run"
    recipe = standard_recipe("mlp", None, QUICK)
    runs.train("mlp", {"hidden": (5,)}, recipe, DataConfig(**FEW), lab.runs / "other", progress=False)
    assert_same_weights(lab.runs / "mlp-1", lab.runs / "other")
    logs = told(lab)["logs"]
    entries = logs[f"training/{first}/entries"]["items"]
    assert [entry["step"] for entry in entries] == [10, 20, 30]
    assert entries == client.get(f"/api/train/{first}/curves").json()["entries"]
    points = logs[f"training/{first}/points"]["items"]
    assert [step for step, *_ in points] == sorted({step for step, *_ in points})
    assert points[-1][0] == 30

    answer = client.post(f"/api/train/{first}/rewind", json={"changes": {"learning_rate": "1e-9"}})
    second = answer.json()
    assert (answer.status_code, second["origin"], second["name"]) == (201, first, "mlp-2")
    wait_state(client, second["id"], "finished")
    settings = [client.get(f"/api/train/{one}/settings").json() for one in (first, second["id"])]
    before, after = (one["recipe"] for one in settings)
    assert {name for name in before if before[name] != after[name]} == {"learning_rate"}
    assert settings[0]["options"]["hidden"] == settings[1]["options"]["hidden"] == [5]
    # At such a rate nothing moves, so the end is the start: the weights that seed 0 draws.
    end = safetensors.torch.load_file(lab.runs / "mlp-2" / "model.safetensors")
    for name, value in build("mlp", hidden=(5,)).state_dict().items():
        torch.testing.assert_close(end[name], value, atol=1e-6, rtol=0)
    refused = client.post(f"/api/train/{first}/rewind", json={"changes": {"seed": 3}})
    assert refused.status_code == 400


def test_pause_steps_a_changed_rate_and_stop(client, lab, wait_until, wait_state):
    run_id = start(client, {**SLOW, "optimizer": "sgd", "learning_rate": 0.5}, paused=True)
    assert wait_state(client, run_id, "paused")["step"] == 1
    for step in (2, 3):
        post(client, run_id, "step")
        wait_until(lambda step=step: info(client, run_id)["step"] == step)
    post(client, run_id, "rate", learning_rate=0.25)
    post(client, run_id, "rate", learning_rate=0.125)
    wait_until(lambda: info(client, run_id)["learning_rate"] == 0.125)
    post(client, run_id, "step")
    wait_until(lambda: info(client, run_id)["step"] == 4)
    points = told(lab)["logs"][f"training/{run_id}/points"]["items"]
    assert [(step, rate) for step, _, _, rate in points] == [(1, 0.5), (2, 0.5), (3, 0.5), (4, 0.125)]
    (change,) = load_rate_changes(lab.runs / "softmax-1")
    assert (change.step, change.lr_factor, change.learning_rate) == (3, 0.25, 0.125)
    assert told(lab)["logs"][f"training/{run_id}/marks"]["items"][-1]["step"] == 3
    for rate in (-1, 0, 101):
        post(client, run_id, "rate", status=422, learning_rate=rate)
    post(client, run_id, "go-on")
    wait_until(lambda: info(client, run_id)["step"] > 10)
    post(client, run_id, "stop")
    step = wait_state(client, run_id, "finished")["step"]
    metrics = Run.open(lab.runs / "softmax-1").metrics()
    assert (metrics["stop_reason"], metrics["steps"]) == ("callback", step)
    refused = client.post(f"/api/train/{run_id}/pause", json={})
    assert (refused.status_code, refused.json()["title"]) == (400, "softmax-1 has ended")


def test_drawings_are_answered_by_the_present_weights(client, lab, wait_until, wait_state):
    changes = {**SLOW, "optimizer": "sgd", "learning_rate": 0.1}
    run_id = start(client, changes, "mlp", options={"hidden": "6"}, paused=True)
    wait_state(client, run_id, "paused")
    inside = told(lab)["values"]
    assert [one["name"] for one in inside[f"training/{run_id}/layers"]["layers"]] == ["hidden1", "logits"]
    assert inside[f"training/{run_id}/weights"]["shape"] == [6, 28, 28]
    listed = {one["id"]: one for one in client.get("/api/models").json()["models"]}
    assert (listed[run_id]["kind"], listed[run_id]["state"]) == ("training", "ready")
    model = lab.models.get(run_id)
    assert (model.network, model.input_shape, model.rule) == ("mlp", (784,), None)
    ink = np.random.default_rng(0).random((3, 28, 28), np.float32)
    first = model.outputs(ink)
    assert first.shape == (3, 10)
    np.testing.assert_array_equal(model.logits(ink), first)
    network = lab.models.network(run_id)
    np.testing.assert_array_equal(TorchModel(network).outputs(ink), first)
    post(client, run_id, "step")
    wait_until(lambda: info(client, run_id)["step"] == 2)
    assert not np.array_equal(model.outputs(ink), first)
    post(client, run_id, "go-on")
    wait_until(lambda: info(client, run_id)["step"] > 10)
    while_running = model.outputs(ink)
    wait_until(lambda: not np.array_equal(model.outputs(ink), while_running))
    post(client, run_id, "stop")
    wait_state(client, run_id, "finished")
    with pytest.raises(NotReadyError):
        model.outputs(ink)
    wait_until(lambda: lab.models.get(run_id) is not model)  # its run answers now


def test_a_loss_that_is_no_longer_a_number(client, lab, wait_state):
    changes = {"optimizer": "sgd", "learning_rate": 100, "batch_size": 1, "epochs": 9, "threads": 1}
    run_id = start(client, changes, "mlp", options={"hidden": "30,30,30"})
    done = wait_state(client, run_id, "diverged", "finished", "failed")
    assert done["state"] == "diverged"
    assert "no longer a finite number" in done["problem"]
    assert "Lower the learning rate" in done["remedy"]
    assert [one["id"] for one in client.get("/api/train").json()["unfinished"]] == [run_id]


def test_at_most_two_at_once_and_one_that_is_killed(client, lab, wait_state):
    ids = [start(client, SLOW) for _ in range(2)]
    refused = client.post("/api/train", json={"network": "softmax"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert client.delete(f"/api/train/{ids[0]}").status_code == 400
    wait_state(client, ids[0], "running")
    os.kill(lab.part(Trainings).get(ids[0])._process.pid, signal.SIGKILL)
    done = wait_state(client, ids[0], "failed")
    assert "ended by itself" in done["problem"]
    assert [one["id"] for one in client.get("/api/train").json()["unfinished"]] == [ids[0]]
    assert client.delete(f"/api/train/{ids[0]}").status_code == 204
    assert [one["id"] for one in client.get("/api/train").json()["trainings"]] == ids[1:]
    assert client.get(f"/api/train/{ids[0]}/settings").json()["network"] == "softmax"  # its run stays
    wait_state(client, ids[1], "running")
    assert "is being trained" in client.post(f"/api/runs/{ids[1]}/delete").json()["title"]
    post(client, ids[1], "stop")
    wait_state(client, ids[1], "finished")
    assert client.post(f"/api/runs/{ids[1]}/delete").status_code == 200
    assert client.get("/api/train").json()["trainings"] == []


def test_a_training_that_ends_early_is_evaluated_before_it_is_finished(client, lab, monkeypatch, wait_state):
    states, put = [], lab.events.put

    def note(topic, value):
        if topic == "trainings" and value and value[0]["state"] not in states[-1:]:
            states.append(value[0]["state"])
        put(topic, value)

    monkeypatch.setattr(lab.events, "put", note)
    run_id = start(client, {**SLOW, "optimizer": "sgd", "learning_rate": 0.5, "patience": 1})
    wait_state(client, run_id, "finished", "failed")
    assert states == ["starting", "running", "evaluating", "finished"]
    assert Run.open(lab.runs / "softmax-1").metrics()["stop_reason"] == "patience"


def test_a_killed_run_that_is_resumed_shows_each_entry_once(client, lab, wait_state):
    folder = lab.runs / "softmax-1"

    def suspend(step_info):
        step_info.suspend = step_info.step == 15

    recipe = standard_recipe("softmax", None, {**QUICK, "eval_every": 10})
    with pytest.raises(TrainingSuspended):
        runs.train("softmax", {}, recipe, DataConfig(**FEW), folder, callbacks=[suspend], progress=False)
    run = Run.open(folder)
    (first,) = run.history()
    run.append_history(replace(first, entry=2, step=20, epoch=2.0))  # after the checkpoint, then killed
    (unfinished,) = client.get("/api/train").json()["unfinished"]
    run_id = unfinished["id"]
    post(client, run_id, "resume", status=201)
    wait_state(client, run_id, "finished", "failed")
    entries = told(lab)["logs"][f"training/{run_id}/entries"]["items"]
    assert [entry["step"] for entry in entries] == [10, 20, 30]
    assert entries == client.get(f"/api/train/{run_id}/curves").json()["entries"]


@pytest.mark.parametrize(
    "body",
    [
        {"network": "nothing"},
        {"network": "mlp", "options": {"nothing": 1}},
        {"network": "mlp", "changes": {"nothing": 1}},
        {"network": "mlp", "changes": {"learning_rate": 1000}},
        {"network": "mlp", "changes": {"momentum": 0.5}},
        {"network": "mlp", "recipe": "nothing"},
        {"network": "mlp", "data": {"train": "/etc/passwd"}},
        {"network": "mlp", "data": {"train": "mnist:test"}},
        {"network": "mlp", "data": {"train": "mnist:test[:5]"}},
        {"network": "mlp", "data": {"validation": "mnist:test"}},
        {"network": "mlp", "data": {"validation": "../digits"}},
        {"network": "mlp", "data": {"test": "classroom"}},
    ],
)
def test_settings_that_will_not_do(client, lab, body):
    refused = client.post("/api/train", json=body)
    assert refused.status_code == 400
    assert not lab.runs.exists()


def test_data_that_do_not_fit_are_told_by_the_process(client, lab, wait_until, wait_state):
    data = {"train": "mnist:train[:40]", "validation": "last:60"}
    run_id = client.post("/api/train", json={"network": "softmax", "data": data}).json()["id"]
    done = wait_state(client, run_id, "failed", "finished")
    assert done["state"] == "failed"
    assert "60" in done["problem"]
    wait_until(lambda: not (lab.runs / "softmax-1").exists())
    assert client.post("/api/train", json={"network": "softmax", "data": data}).json()["id"] == run_id
    assert len(client.get("/api/train").json()["trainings"]) == 1


def test_unknown_ids(client, lab):
    for command in ("pause", "rewind", "resume"):
        assert client.post(f"/api/train/nothing/{command}", json={}).status_code == 404
    assert client.post("/api/train/nothing/rate", json={"learning_rate": 1}).status_code == 404
    assert client.get("/api/train/nothing/curves").status_code == 404
    assert client.delete("/api/train/nothing").status_code == 404
    with pytest.raises(UnknownIdError):
        lab.part(Trainings).resume("nothing")


def test_the_choices_explain_themselves(client):
    found = client.get("/api/train/choices").json()
    fields = {field["name"]: field for field in found["fields"]}
    assert set(found["main"]) < set(fields)
    assert all(field["about"] and field["effect"] for field in fields.values())
    assert {"softmax", "mlp", "swift"} < {one["name"] for one in found["networks"]}
    assert {one["name"] for one in found["data"]} == {"mnist:train", "classroom", "classroom-reduced"}


def _asking(said):
    """Asks a lab of a process of its own, by what its line says."""
    headers = {"Authorization": f"Bearer {said['token']}"}
    return httpx2.Client(base_url=f"http://127.0.0.1:{said['port']}", headers=headers, timeout=60)


@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_lab_that_ends_leaves_a_run_that_goes_on(lab_process, tmp_path, how, wait_until, wait_state):
    changes = {**SLOW, "optimizer": "sgd", "learning_rate": 0.01, "epochs": 150}
    with lab_process("--json", "--port", "0") as (process, said), _asking(said) as client:
        run_id = start(client, changes, paused=True)
        wait_state(client, run_id, "paused")
        post(client, run_id, "rate", learning_rate=0.05)
        post(client, run_id, "go-on")
        wait_until(lambda: info(client, run_id)["step"] > 150)
        process.send_signal(how)
        process.wait(10)
    folder = tmp_path / "runs" / "softmax-1"
    state = folder / "checkpoint" / "state.safetensors"
    wait_until(state.exists)
    assert not (folder / "metrics.json").exists()
    with lab_process("--json", "--port", "0") as (process, said), _asking(said) as client:
        (unfinished,) = wait_until(lambda: client.get("/api/train").json()["unfinished"])
        assert (unfinished["id"], unfinished["name"]) == (run_id, "softmax-1")
        assert unfinished["step"] > 150
        post(client, run_id, "resume", status=201)
        wait_state(client, run_id, "finished")
        process.send_signal(signal.SIGINT)
        process.wait(10)

    def change(step_info):
        if step_info.step == 1:
            step_info.lr_factor = 5.0

    recipe = standard_recipe("softmax", None, changes)
    whole = runs.train("softmax", {}, recipe, DataConfig(**FEW), tmp_path / "whole", callbacks=[change])
    assert_same_weights(folder, whole.folder)
    assert (folder / "history.csv").read_bytes() == (whole.folder / "history.csv").read_bytes()
