from __future__ import annotations

from sandbox.evidence.story import Loop, Told, find_failures, find_way, fold_loops, read_story, walk
from sandbox.model.run import Event, Outcome, StepFinished
from tests.fakes.sample_run import play_run


def _titles(entries: tuple[Told | Loop, ...]) -> list[str]:
    return [f"× {len(one.rounds)}" if isinstance(one, Loop) else one.step_id for one in entries]


def test_a_loop_is_one_entry_with_its_rounds() -> None:
    story = read_story(play_run().events)
    assert _titles(story.entries) == [
        "officer-logs-in",
        "× 20",
        "pay-cycle-1",
        "a-month-passes",
        "pay-cycle-2",
    ]


def test_steps_stand_inside_the_step_that_called_their_workflow() -> None:
    story = read_story(play_run().events)
    loop = story.entries[1]
    assert isinstance(loop, Loop)
    visit = loop.rounds[0][1]
    assert isinstance(visit, Told)
    assert _titles(visit.inside) == [
        "ask-consent",
        "verify-identity",
        "read-household",
        "apply",
        "enrol-payee",
    ]


def test_no_step_is_lost_by_folding() -> None:
    story = read_story(play_run().events)
    assert [step.number for step in walk(story.entries)] == list(range(1, len(story.results) + 1))


def test_a_round_is_as_bad_as_its_worst_step() -> None:
    loop = read_story(play_run(fault_at="enrol-payee").events).entries[1]
    assert isinstance(loop, Loop)
    assert loop.outcomes[:-1] == (Outcome.PASSED,) * 5
    assert loop.outcomes[-1] is Outcome.FAILED


def test_a_failure_is_named_once_where_it_happened() -> None:
    story = read_story(play_run(fault_at="enrol-payee").events)
    assert [step.step_id for step in find_failures(story.entries)] == ["enrol-payee"]


def test_a_step_that_never_ended_is_told_as_an_error() -> None:
    events: list[Event] = list(play_run(households=1).events)
    cut = next(place for place, event in enumerate(events) if isinstance(event, StepFinished))
    story = read_story(events[:cut])
    (step,) = story.entries
    assert isinstance(step, Told)
    assert (step.result, step.outcome) == (None, Outcome.ERROR)


def test_a_loop_inside_a_round_is_folded_too() -> None:
    def step(number: int, step_id: str) -> Told:
        return Told(number, step_id, step_id, None, ())

    sequence = ["visit", "ask", "ask", "leave", "visit", "ask", "leave", "close"]
    entries = fold_loops([step(number, name) for number, name in enumerate(sequence)])
    assert _titles(entries) == ["× 2", "close"]
    assert isinstance(entries[0], Loop)
    assert _titles(entries[0].rounds[0]) == ["visit", "× 2", "leave"]


def test_no_events_are_no_story() -> None:
    story = read_story([])
    assert (story.started, story.finished, story.entries, story.results) == (None, None, (), ())


def test_the_way_to_a_failed_step_names_every_step_around_it() -> None:
    story = read_story(play_run(fault_at="enrol-payee").events)
    failed = find_failures(story.entries)[0]
    around = [step for step in walk(story.entries) if any(failed is inner for inner in walk(step.inside))]
    assert around
    assert find_way(story.entries, failed.number) == tuple(step.sentence for step in around)
    assert find_way(story.entries, 10_000) is None
