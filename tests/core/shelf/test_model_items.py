from mnist_app.core.models import model_cache, model_store
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.model_items import model_of, models
from mnist_app.core.shelf.shelf import Kind
from tests.support.shelves import network_of

ANN, BEN = "a" * 32, "b" * 32


def test_a_model_on_the_shelf_is_used_like_all_others() -> None:
    item = network_of(ANN)
    model = model_of(item)
    assert model is not None
    assert (model.name, model.title, model.reads_digits) == (item.id, "Mine", True)
    assert model_store.is_ready(model)
    assert model_cache.loaded(model.path) is model_cache.loaded(model.path)


def test_it_has_the_name_that_its_maker_gave_it_last() -> None:
    shelf.rename(network_of(ANN), ANN, "Ours")
    (model,) = models(ANN)
    assert model.title == "Ours"


def test_others_see_it_by_its_link_while_it_is_shared() -> None:
    item, own = network_of(ANN), network_of(BEN, "Ben's")
    assert [model.name for model in models(BEN, item.id)] == [own.id]
    shelf.share(item, ANN, True)
    assert [model.name for model in models(BEN, item.id)] == [own.id, item.id]
    assert [model.name for model in models(BEN)] == [own.id]
    assert [model.name for model in models(ANN, item.id)] == [item.id]


def test_a_thing_without_a_model_has_none() -> None:
    with shelf.adding(ANN, Kind.DATASET, "Shoes"):
        pass
    assert models(ANN) == []
