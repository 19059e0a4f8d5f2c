"""Pages as a visitor sees them, once the background jobs are over."""

import re
import time
from collections.abc import Callable, Mapping

from streamlit.testing.v1 import AppTest

from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.jobs.job_queue import JobQueue
from mnist_app.core.jobs.snapshot import Snapshot
from mnist_app.pages.session.queues import queues
from tests.support.gates import PATIENCE

# What a link says to have the gallery of the Predictions page begin with the first picture.
IN_TEST_ORDER = {"gallery_order": "In test order"}


def visit(page: str, link: Mapping[str, str] | None = None) -> AppTest:
    """Open a page by its folder's name, with what its link says, and wait until it is settled."""
    script = f"from mnist_app.pages.{page} import page\npage.page()"
    app = AppTest.from_string(script, default_timeout=PATIENCE)
    for key, value in (link or {}).items():
        app.query_params[key] = value
    return settled(app)


def settled(app: AppTest) -> AppTest:
    """Run a page again, as a browser does, until its background jobs are over and shown."""
    for _ in range(10):
        before = _standing()
        app.run()
        _wait()
        if _standing() == before:
            break
    assert not app.exception
    return app


def bodies(app: AppTest) -> list[str]:
    """Each piece of HTML on the page."""
    return [str(getattr(block, "body", "")) for block in app.get("html")]


def said(app: AppTest) -> str:
    """All that a page says, as a person sees it: without what keeps Markdown from reading it."""
    words = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    words += [*app.header, *app.subheader]
    bars = [bar.proto.text for bar in app.get("progress")]
    marked = " ".join([*(str(word.value) for word in words), *bars])
    return " ".join([re.sub(r"\\(?=[^a-zA-Z0-9\s])", "", marked), *bodies(app)])


def until(app: AppTest, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Run a page again and again until something holds."""
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.2)
        app.run()
        assert not app.exception
    assert holds(), said(app)


def report() -> EvaluationReport:
    """Return the last evaluation of the Predictions page."""
    return jobs_about(queues().analyses, "evaluation")[-1].result


def jobs_about(queue: JobQueue, kind: str) -> list[Snapshot]:
    """Return the jobs of one kind, oldest first."""
    return [job for job in queue.jobs() if isinstance(job.key, tuple) and job.key[0] == kind]


def _lines() -> tuple[JobQueue, ...]:
    known = queues()
    return known.datasets, known.analyses, known.importing, known.large, known.lab, known.short


def _standing() -> list[tuple[int, str]]:
    return [(job.id, job.state) for line in _lines() for job in line.jobs()]


def _wait() -> None:
    for line in _lines():
        for job in line.jobs():
            line.wait(job.id, timeout=PATIENCE)
