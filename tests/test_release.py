"""A release: its version is one everywhere, and what others made is named."""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_version_is_one():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## \[(.+?)\] - (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    cited = dict(re.findall(r"^([\w-]+): (.+)$", (ROOT / "CITATION.cff").read_text(), re.M))
    assert newest.groups() == (version, cited["date-released"])
    assert cited["version"] == version


def test_the_notice_names_every_vendored_file():
    notice = (ROOT / "NOTICE").read_text()
    for folder in ("src/digitlab/lab/page/vendor", "tests/lab/vendor"):
        assert f"{folder}/" in notice
        for package in json.loads((ROOT / folder / "vendor.json").read_text())["packages"]:
            assert f"{package['name']} {package['version']} (".lower() in notice.lower()
            assert package["license_file"] in notice
            for file in package["files"]:
                assert file["file"] in notice


def test_the_notice_names_models_and_data():
    notice = (ROOT / "NOTICE").read_text()
    for kind in ("*.onnx", "mnist"):
        (*found,) = (ROOT / "src").rglob(kind)
        assert found
        assert [path for path in found if str(path.relative_to(ROOT)) not in notice] == []
