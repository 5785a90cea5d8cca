"""A caller that behaves well: it waits as it is told, and sends the same again."""

from __future__ import annotations

import pytest
from urllib3.util import Retry

from sandbox.calls.messages import Answer, Request
from sandbox.calls.patient import PATIENCE, PatientCaller
from sandbox.errors import BlockUnreachable

REQUEST = Request(
    block="payments",
    operation_id="payBulk",
    method="POST",
    target="/r1/x",
    headers={"idempotency-key": "k-1"},
    content=b'{"BatchID": "b-1"}',
)


class Scripted:
    """Answers as it was told, one after another; None breaks the connection."""

    def __init__(self, *answers: Answer | None) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []

    def call(self, request: Request) -> Answer:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if answer is None:
            raise BlockUnreachable("payBulk at payments got no answer")
        return answer


def answer(status: int, **headers: str) -> Answer:
    return Answer(url="", status=status, headers=headers)


def test_it_sends_the_very_same_request_until_there_is_an_answer() -> None:
    caller = Scripted(answer(502), None, answer(504), answer(200))
    waits: list[float] = []
    patient = PatientCaller(caller, waits.append)
    assert patient.call(REQUEST).status == 200
    assert caller.asked == [REQUEST] * 4
    assert patient.retries == 3
    assert waits == sorted(waits)


def test_it_waits_as_long_as_it_is_told() -> None:
    waits: list[float] = []
    PatientCaller(Scripted(answer(503, **{"retry-after": "7"}), answer(200)), waits.append).call(REQUEST)
    assert waits == [7]


@pytest.mark.parametrize("status", [200, 201, 400, 403, 404, 408, 409, 422, 500])
def test_every_other_answer_is_one(status: int) -> None:
    patient = PatientCaller(Scripted(answer(status)), lambda _: None)
    assert patient.call(REQUEST).status == status
    assert patient.retries == 0


def test_patience_ends_with_the_last_answer_or_with_none() -> None:
    little = Retry(total=2, status_forcelist=[503], allowed_methods=None)
    patient = PatientCaller(Scripted(*[answer(503)] * 3), lambda _: None, little)
    assert patient.call(REQUEST).status == 503
    with pytest.raises(BlockUnreachable, match="got no answer"):
        PatientCaller(Scripted(None, None, None), lambda _: None, little).call(REQUEST)


def test_it_outlasts_an_instance_that_takes_a_minute_to_start() -> None:
    waits: list[float] = []
    with pytest.raises(BlockUnreachable):
        PatientCaller(Scripted(*[None] * 100), waits.append).call(REQUEST)
    assert sum(waits) > 60
    assert len(waits) == PATIENCE.total
