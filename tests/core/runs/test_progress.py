from mnist_app.core.runs.progress import Progress


def test_the_share_counts_steps() -> None:
    assert Progress(epoch=1, epochs=4, step=0, steps=10).fraction == 0
    assert Progress(epoch=2, epochs=4, step=5, steps=10).fraction == 15 / 40
    assert Progress(epoch=4, epochs=4, step=10, steps=10).fraction == 1
