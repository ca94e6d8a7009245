"""Weights files: they build their network again, or are refused in words."""

import errno
import json
import struct
import tempfile
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import example, given, settings, strategies as st

from digitlab.errors import DigitlabError, ModelError, OutputError
from digitlab.networks import ARCHITECTURES, Network, build, load_network, load_weights, save_network


def _same(one, other):
    here, there = one.state_dict(), other.state_dict()
    return here.keys() == there.keys() and all(torch.equal(here[name], there[name]) for name in here)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_file_alone_builds_its_network_bit_for_bit(name, tmp_path):
    network = build(name, seed=8)
    with torch.no_grad():
        for value in network.parameters():
            value.add_(torch.rand(value.shape, generator=torch.Generator().manual_seed(1)))
    save_network(network, tmp_path / "a.safetensors")
    loaded = load_network(tmp_path / "a.safetensors")
    assert (loaded.name, loaded.options) == (network.name, network.options)
    assert _same(network, loaded)
    assert not loaded.training
    assert all(value.requires_grad for value in loaded.parameters())
    ink = torch.rand(2, 28, 28)
    assert torch.equal(loaded(ink), network.eval()(ink))


def test_options_are_in_the_file(tmp_path):
    network = build("mlp", inputs=400, hidden=(25, 15), activation="sigmoid", dropout=0.1)
    save_network(network, tmp_path / "a.safetensors")
    assert load_network(tmp_path / "a.safetensors").options == network.options
    with safetensors.safe_open(tmp_path / "a.safetensors", "pt") as file:
        assert json.loads(file.metadata()["digitlab"])["options"]["hidden"] == [25, 15]


def test_a_channels_last_network_is_saved_as_any_other(tmp_path):
    network = build("swift")
    save_network(network, tmp_path / "a.safetensors")
    network.to(memory_format=torch.channels_last)
    save_network(network, tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_loaded_network_does_not_hang_on_its_file(tmp_path):
    path = tmp_path / "a.safetensors"
    save_network(build("softmax"), path)
    loaded = load_network(path)
    path.write_bytes(b"\xff" * path.stat().st_size)  # in place, as a copying program does
    assert all((value == 0).all() for value in loaded.parameters())


def test_weights_go_into_a_network_that_fits(tmp_path):
    save_network(build("mlp", seed=1), tmp_path / "a.safetensors")
    network = build("mlp", seed=2)
    load_weights(network, tmp_path / "a.safetensors")
    assert _same(network, build("mlp", seed=1))
    with pytest.raises(ModelError, match=r"float32 \[100\] in the file, float32 \[99\]"):
        load_weights(build("mlp", hidden=(99,)), tmp_path / "a.safetensors")


def _file(path, tensors, **description):
    description = {"schema_version": 1, "network": "softmax", "options": {"inputs": 2}} | description
    safetensors.torch.save_file(tensors, path, {"digitlab": json.dumps(description)})


GOOD = {"layers.logits.weight": torch.zeros(10, 2), "layers.logits.bias": torch.zeros(10)}


@pytest.mark.parametrize(
    ("tensors", "description", "words"),
    [
        ({**GOOD, "layers.logits.bias": torch.zeros(9)}, {}, r"float32 \[9\] in the file"),
        ({**GOOD, "more": torch.zeros(1)}, {}, r"more is float32 \[1\] in the file, not there"),
        ({"layers.logits.bias": torch.zeros(10)}, {}, "weight is not there in the file"),
        ({**GOOD, "layers.logits.bias": torch.zeros(10, dtype=torch.float16)}, {}, "float16"),
        ({**GOOD, "layers.logits.bias": torch.full((10,), torch.nan)}, {}, "not numbers"),
        ({**GOOD, "layers.logits.bias": torch.full((10,), torch.inf)}, {}, "not numbers"),
        (GOOD, {"schema_version": 2}, "schema version 2; this digitlab reads version 1"),
        (GOOD, {"network": "vast"}, "unknown network 'vast'"),
        (GOOD, {"network": ["mlp"]}, "unknown network"),
        (GOOD, {"options": {"hidden": 3}}, "unknown option of softmax 'hidden'"),
        (GOOD, {"options": {"seed": 3}}, "unknown option of softmax 'seed'"),
        (GOOD, {"options": [1, 2]}, "cannot be built"),
        (GOOD, {"options": {"inputs": 2, "outputs": 3}}, r"float32 \[10\] in the file, float32 \[3\]"),
        (GOOD, {"options": {"inputs": -1}}, "inputs=-1"),
    ],
)
def test_what_does_not_fit_is_refused(tensors, description, words, tmp_path):
    _file(tmp_path / "a.safetensors", tensors, **description)
    with pytest.raises(ModelError, match=words) as caught:
        load_network(tmp_path / "a.safetensors")
    assert len(str(caught.value).splitlines()) == 2


def test_the_good_file_of_the_test_above_is_good(tmp_path):
    _file(tmp_path / "a.safetensors", GOOD)
    assert load_network(tmp_path / "a.safetensors").input_shape == (2,)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    for content in (b"", b"short", b"x" * 1000, b"\x89PNG\r\n\x1a\n" + bytes(100)):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="cannot read weights"):
            load_network(path)
    safetensors.torch.save_file(GOOD, path)
    with pytest.raises(ModelError, match="does not say which network"):
        load_network(path)
    safetensors.torch.save_file(GOOD, path, {"digitlab": "[1]"})
    with pytest.raises(ModelError, match="does not say which network"):
        load_network(path)
    for missing in (tmp_path, tmp_path / "none.safetensors"):
        with pytest.raises(ModelError, match="cannot read weights"):
            load_network(missing)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99, 0.9999])
def test_a_cut_file_is_refused(share, tmp_path):
    path = tmp_path / "a.safetensors"
    save_network(build("softmax"), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError):
        load_network(path)


def test_a_header_that_asks_for_a_huge_network_allocates_nothing(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(torch.nn.init, "kaiming_normal_", lambda weight, **_: drawn.append(weight))
    _file(tmp_path / "a.safetensors", GOOD, network="mlp", options={"inputs": 90_000, "hidden": [1000]})
    with pytest.raises(ModelError, match="does not fit mlp"):
        load_network(tmp_path / "a.safetensors")
    assert drawn == []


def _content():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.safetensors")
        save_network(build("mlp", inputs=2, hidden=(2,)), path)
        return path.read_bytes()


CONTENT = _content()
HEADER = 8 + struct.unpack("<Q", CONTENT[:8])[0]


@given(st.data())
@example(None)
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_gives_a_network_or_our_error(data):
    content = bytearray(CONTENT)
    if data is not None:
        for _ in range(data.draw(st.integers(1, 4))):
            # mostly in the header, where the meaning is
            place = data.draw(st.one_of(st.integers(0, HEADER - 1), st.integers(0, len(CONTENT) - 1)))
            content[place] = data.draw(
                st.sampled_from(b'0123456789"{}[],:\x00\xff\n a') | st.integers(0, 255)
            )
        if data.draw(st.booleans()):
            content = content[: data.draw(st.integers(0, len(content)))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.safetensors")
        path.write_bytes(content)
        network = complaint = None
        try:
            network = load_network(path)
        except DigitlabError as error:
            complaint = error
    if complaint is not None:
        assert data is not None
        assert str(complaint).count("\n") == 1
    else:
        assert isinstance(network, Network)
        assert all(value.isfinite().all() for value in network.parameters())


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save_network(build("softmax"), path)
    old = path.read_bytes()

    def full(self, content):
        with self.open("wb") as file:
            file.write(content[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"a.safetensors: No space left"):
        save_network(build("mlp"), path)
    assert path.read_bytes() == old
    assert [file.name for file in tmp_path.iterdir()] == ["a.safetensors"]
