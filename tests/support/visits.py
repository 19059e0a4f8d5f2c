"""Pages as a visitor sees them, once the background jobs are over."""

import re
import time
from collections.abc import Callable, Mapping

from streamlit.testing.v1 import AppTest

from mnist_app.core.errors import Stopped
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.jobs.job_queue import Worker
from mnist_app.pages.session.workers import workers
from tests.support.gates import PATIENCE


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
    words = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.subheader]
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


def stop_last(app: AppTest, line: Worker) -> None:
    """Have the last job of a worker stand as stopped by this visitor, with nothing to keep."""
    job = line.jobs()[-1]
    line.forget(job.id)

    def interrupted(control: object) -> None:
        raise Stopped

    stopped = line.submit(interrupted, key=job.key)
    line.wait(stopped.id, timeout=PATIENCE)
    app.session_state["given_up"] = {(line.name, stopped.id)}


def report() -> EvaluationReport:
    """What the Predictions page evaluated last."""
    return workers().evaluations.jobs()[-1].result


def _lines() -> tuple[Worker, ...]:
    known = workers()
    return (
        known.datasets,
        known.evaluations,
        known.augmentation,
        known.explanations,
        known.maps,
        known.models,
        known.neighbour_maps,
        known.examples,
        known.others,
        known.gradients,
    )


def _standing() -> list[tuple[int, str]]:
    return [(job.id, job.state) for line in _lines() for job in line.jobs()]


def _wait() -> None:
    for line in _lines():
        for job in line.jobs():
            line.wait(job.id, timeout=PATIENCE)
