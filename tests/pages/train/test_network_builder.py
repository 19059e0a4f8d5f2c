import pytest

from tests.pages.train.train_page import opened, query
from tests.support.visits import bodies


def test_only_the_own_network_has_layers_and_shows_what_they_come_to() -> None:
    app = opened()
    assert not [box for box in app.text_input if box.key == "set_layers"]
    app.selectbox(key="set_architecture").set_value("custom").run()
    app.text_input(key="set_layers").set_value("conv 4 3, pool, dense 10").run()
    table = next(body for body in bodies(app) if "network" in body)
    assert "26 x 26 x 4" in table
    assert "<td>40</td>" in table
    assert not app.button(key="train_start").disabled
    app.text_input(key="set_layers").set_value("dense 10, pool").run()
    assert "cannot come after a dense layer" in app.error[0].value
    assert app.button(key="train_start").disabled


def test_ones_own_network_is_built_by_tapping_and_the_text_follows() -> None:
    app = opened(architecture="custom", layers="conv 4 3, dense 10")
    app.button(key="add_pool").click().run()
    assert app.text_input(key="set_layers").value == "conv 4 3, pool, dense 10"
    app.number_input(key="layer_1_number_2").set_value(5).run()
    app.button(key="layer_2_up").click().run()
    app.button(key="layer_3_remove").click().run()
    assert app.text_input(key="set_layers").value == "pool, conv 4 5"
    assert query(app)["layers"] == "pool, conv 4 5"
    assert app.number_input(key="layer_2_number_1").value == 4
    assert app.button(key="layer_1_up").disabled
    assert app.button(key="layer_2_down").disabled
    app.text_input(key="set_layers").set_value("dropout 0.5").run()
    assert app.number_input(key="layer_1_number_1").value == 0.5
    assert app.button(key="layer_1_remove").disabled


def test_every_button_and_field_of_the_layers_says_whose_it_is_and_explains_itself() -> None:
    app = opened(architecture="custom", layers="conv 4 3, conv 4 3, dropout 0.5, dense 10")
    fields = [field for field in app.number_input if str(field.key).startswith("layer_")]
    buttons = [one for one in app.button if str(one.key).startswith(("layer_", "add_"))]
    assert (len(fields), len(buttons)) == (6, 4 * 3 + 4)
    shown = [*fields, *buttons]
    assert len({element.label for element in shown}) == len(shown)
    assert all(element.help for element in shown)
    assert app.button(key="layer_2_up").label == "Up :gray[layer 2]"
    assert app.button(key="layer_2_up").help == "Move layer 2 up"
    assert app.number_input(key="layer_2_number_2").label == "Kernel size (2)"


def test_a_network_that_cannot_be_built_is_told_once_and_can_be_mended_by_tapping() -> None:
    app = opened(architecture="custom", layers="conv 4 3, dense 10")
    app.button(key="layer_1_down").click().run()
    assert len(app.error) == 1
    assert not [body for body in bodies(app) if "cannot come after" in body]
    app.button(key="layer_2_up").click().run()
    assert not app.error
    app.text_input(key="set_layers").set_value("magic").run()
    assert "Layer 1, 'magic', is unknown" in app.error[0].value
    assert not [button for button in app.button if str(button.key).startswith("add_")]


@pytest.mark.parametrize("network", ["custom", "dense"])
def test_a_network_too_large_for_this_host_is_told_before_the_start(
    network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_WEIGHTS", "1000")
    app = opened(architecture=network, layers="dense 64")
    assert "Choose a smaller one" in app.error[0].value
    assert app.button(key="train_start").disabled
