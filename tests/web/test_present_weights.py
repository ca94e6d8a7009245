"""Answers of the process that trains."""

from __future__ import annotations

import io

from digitlab.networks import build
from digitlab.web.present_weights import PresentWeights
from digitlab.web.training_process import Channel


def test_a_question_that_cannot_be_answered_does_not_end_the_answers(wait_until):
    events = io.BytesIO()
    channel = Channel(io.BytesIO(), events)
    present = PresentWeights(channel)
    present.renew(build("softmax", inputs=4), resting=True)
    for number in range(2):
        channel.questions.put(({"do": "outputs", "shape": [7], "request": number}, bytes(4)))
    wait_until(lambda: events.getvalue().count(b"cannot answer") == 2)
