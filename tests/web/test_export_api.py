"""A page to take along, as the lab gives it."""

from digitlab.networks import build, save_network


def test_a_page_is_downloaded_by_the_id_of_its_network(client, lab):
    lab.models.scan()
    folder = lab.runs
    folder.mkdir()
    save_network(build("softmax"), folder / "mine.safetensors")
    ids = {model["name"]: model["id"] for model in client.get("/api/models").json()["models"]}
    answer = client.get(f"/api/models/{ids['mine.safetensors']}/page")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="softmax.html"'
    assert "Made of file mine.safetensors." in answer.text


def test_networks_that_have_no_page_are_refused_in_words(client):
    shipped = client.get("/api/models/recognizer/page")
    assert shipped.status_code in (400, 422)
    assert "ONNX file" in shipped.json()["title"]
    assert client.get("/api/models/nothing/page").status_code == 404
