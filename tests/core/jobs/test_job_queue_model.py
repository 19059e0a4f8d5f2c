"""A line that several visitors share, beside a simple model of it."""

import math
import threading
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.job_queue import Control, JobQueue
from mnist_app.core.jobs.snapshot import GaveWay, JobState, Snapshot
from tests.support.gates import PATIENCE

LEFT_AFTER = 10
LONGEST_PAUSE = 5
OWNERS = st.sampled_from(["", "Ann", "Ben", "Cem"])
# How many jobs before the newest; none has a number below 1.
BACK = st.integers(0, 5)


@dataclass
class Job:
    """Return the state of a job, and its task, which runs until it is let go."""

    id: int = 0
    owner: str = ""
    key: str | None = None
    state: JobState = JobState.WAITING
    gave_way: GaveWay | None = None
    paused: bool = False
    held_up: float = math.inf
    fails: bool = False
    entered: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def __call__(self, control: Control) -> str:
        self.entered.set()
        while not self.opened.wait(0.001) and not control.should_stop():
            pass
        if self.fails:
            raise DigitLabError("No.")
        return "kept"

    @property
    def is_over(self) -> bool:
        return self.state not in (JobState.WAITING, JobState.RUNNING)


class Line(RuleBasedStateMachine):
    """Holds jobs in the order in which they are forgotten."""

    @initialize(at_once=st.sampled_from([1, 2]))
    def open(self, at_once: int) -> None:
        self.now = 0.0
        self.at_once = at_once
        # Of two that are told to stop at once, either may be the first to end.
        self.remembered = 3 if at_once == 1 else 99
        self.queue = JobQueue(
            "test", self.remembered, LEFT_AFTER, LONGEST_PAUSE, at_once, lambda: self.now
        )
        self.jobs: dict[int, Job] = {}
        self.newest = 0
        self.seen: dict[str, float] = {}
        self.told: list[int] = []
        self.cancelled: list[int] = []

    @rule(owner=OWNERS)
    def submit(self, owner: str) -> None:
        job = Job(owner=owner)
        self.add(job, self.queue.submit(job, owner, if_cancelled=lambda: self.told.append(job.id)))

    @rule(key=st.sampled_from("ab"))
    def once(self, key: str) -> None:
        job = Job(key=key)
        found = self.queue.once(key, job)
        alike = [other for other in self.jobs.values() if other.key == key]
        known = [other for other in alike if other.state is not JobState.STOPPED]
        if not known:
            self.add(job, found)
            return
        assert [found.id] == [other.id for other in known]
        self.jobs[found.id] = self.jobs.pop(found.id)

    @rule(back=BACK, fails=st.booleans())
    def let_go(self, back: int, fails: bool) -> None:
        job = self.jobs.get(self.newest - back)
        if job is not None and job.state is JobState.RUNNING:
            job.fails = fails
            job.opened.set()
            self.end(job, JobState.FAILED if fails else JobState.DONE)
            self.settle()

    @rule(back=BACK)
    def stop(self, back: int) -> None:
        self.queue.stop(self.newest - back)
        job = self.jobs.get(self.newest - back)
        if job is not None and not job.is_over:
            self.end(job, JobState.STOPPED)
            self.settle()

    @rule(back=BACK, pauses=st.booleans())
    def pause_or_resume(self, back: int, pauses: bool) -> None:
        (self.queue.pause if pauses else self.queue.resume)(self.newest - back)
        job = self.jobs.get(self.newest - back)
        if job is not None and job.state is JobState.RUNNING:
            job.paused = pauses

    @rule(back=BACK)
    def forget(self, back: int) -> None:
        self.queue.forget(self.newest - back)
        job = self.jobs.get(self.newest - back)
        if job is not None and job.is_over:
            del self.jobs[job.id]

    @rule(minutes=st.sampled_from([0, 4, 11]), owner=OWNERS)
    def look(self, minutes: int, owner: str) -> None:
        self.now += minutes
        self.seen[owner] = self.now
        self.queue.seen(owner)
        self.give_way()
        self.settle()

    @invariant()
    def the_queue_is_as_the_model(self) -> None:
        by_number = sorted(self.jobs.values(), key=lambda job: job.id)
        found = self.queue.jobs()
        assert [self.facts(job) for job in by_number] == [
            (job.id, job.owner, job.state, job.paused, job.gave_way, job.ahead, job.place)
            for job in found
        ]
        assert self.told == self.cancelled
        for job, snapshot in zip(by_number, found, strict=True):
            is_running = job.state is JobState.RUNNING
            assert (self.queue.control(job.id) is not None) == is_running
            assert job.entered.is_set() or not is_running
            assert snapshot.error == ("No." if job.state is JobState.FAILED else "")
            kept = job.entered.is_set() and job.state in (JobState.DONE, JobState.STOPPED)
            assert snapshot.result == ("kept" if kept else None)
            assert snapshot in self.queue.jobs(job.owner)
        for key in "ab":
            latest = self.queue.latest(key)
            of_key = [job.id for job in by_number if job.key == key]
            assert (latest.id if latest else None) == (of_key[-1] if of_key else None)

    def teardown(self) -> None:
        for job in self.jobs.values():
            job.opened.set()
            self.queue.stop(job.id)

    def facts(self, job: Job) -> tuple[object, ...]:
        is_waiting = job.state is JobState.WAITING
        before = [other for other in self.jobs.values() if is_waiting and other.id < job.id]
        ahead = sum(not other.is_over for other in before)
        place = is_waiting + sum(other.state is JobState.WAITING for other in before)
        return job.id, job.owner, job.state, job.paused, job.gave_way, ahead, place

    def of_state(self, state: JobState) -> list[Job]:
        return [job for job in self.jobs.values() if job.state is state]

    def has_left(self, job: Job) -> bool:
        return bool(job.owner) and self.now - self.seen[job.owner] > LEFT_AFTER

    def add(self, job: Job, found: Snapshot) -> None:
        assert found.id == self.newest + 1
        job.id = self.newest = found.id
        self.jobs[job.id] = job
        self.seen[job.owner] = self.now
        self.settle()

    def end(self, job: Job, state: JobState, gave_way: GaveWay | None = None) -> None:
        """Note the end; what ends after it ran is the last to be forgotten."""
        if job.state is JobState.RUNNING:
            self.jobs[job.id] = self.jobs.pop(job.id)
        elif job.key is None:
            self.cancelled.append(job.id)
        job.state, job.gave_way, job.paused = state, gave_way, False
        over = [other.id for other in self.jobs.values() if other.is_over]
        for number in over[: max(0, len(over) - self.remembered)]:
            del self.jobs[number]

    def give_way(self) -> None:
        """Stop who left, and who pauses for too long while others have no room."""
        for job in self.of_state(JobState.WAITING):
            if self.has_left(job):
                self.end(job, JobState.STOPPED, GaveWay.LEFT)
        running = self.of_state(JobState.RUNNING)
        is_full = len(self.of_state(JobState.WAITING)) > self.at_once - len(running)
        for job in running:
            job.held_up = min(job.held_up, self.now) if is_full and job.paused else math.inf
            if is_full and self.has_left(job):
                self.end(job, JobState.STOPPED, GaveWay.LEFT)
            elif self.now - job.held_up > LONGEST_PAUSE:
                self.end(job, JobState.STOPPED, GaveWay.PAUSED)

    def settle(self) -> None:
        """Begin what has room, and wait until the queue did so."""
        while self.of_state(JobState.WAITING) and (
            len(self.of_state(JobState.RUNNING)) < self.at_once
        ):
            self.give_way()
            if waiting := self.of_state(JobState.WAITING):
                min(waiting, key=lambda job: job.id).state = JobState.RUNNING
        for job in self.jobs.values():
            if job.is_over:
                self.queue.wait(job.id, PATIENCE)
            elif job.state is JobState.RUNNING:
                assert job.entered.wait(PATIENCE), (job, self.queue.jobs())


Line.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, derandomize=True
)
TestLine = Line.TestCase
