import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from benchmarks import race
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.settings import TrainingConfig

CONFIG = TrainingConfig(architecture="dense", batch_size=32, epochs=2, learning_rate=0.01)


@pytest.mark.parametrize("way", race.WAYS)
def test_each_way_marks_each_check(way: str, dataset: Dataset) -> None:
    config = replace(CONFIG, optimizer="adam", learning_rate=0.001) if way == "common" else CONFIG
    first, second = race.WAYS[way](config, dataset)
    assert 0 < first.seconds < second.seconds
    assert 0 < first.cpu_seconds < second.cpu_seconds
    # 360 are learned from; this app leaves out what fills no batch.
    assert [first.images, second.images] == ([360, 720] if way == "common" else [352, 704])
    assert 0.2 < second.accuracy <= 1


def test_the_page_gets_all_that_it_shows(dataset: Dataset) -> None:
    from mnist_app.lab.training.fit import train

    progress = train(CONFIG, dataset, drawing=dataset.test_images[0]).progress
    shown = race.show(progress, dataset)
    curves = [json.loads(chart)["data"][0] for chart in shown[:5]]
    assert all(len(curve["x"]) > 1 for curve in curves)
    assert [page.count("<img") for page in shown[5:]] == [12, 40, 64]


def test_the_common_way_is_the_published_recipe() -> None:
    config = race.config_of("common", seed=3)
    assert (config.architecture, config.epochs, config.batch_size) == ("keras_example", 15, 128)
    assert (config.seed, config.validation_share) == (3, 0.1)
    assert race.config_of("ours", seed=3, epochs=2).epochs == 2


def test_without_mnist_it_says_so_in_one_line() -> None:
    result = CliRunner().invoke(race.main, ["ours"])
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
