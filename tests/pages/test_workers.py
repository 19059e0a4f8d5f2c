import keras

from mnist_app.pages import workers


def test_a_run_of_any_page_leaves_what_keras_compiled() -> None:
    workers.import_first("keras")
    before = keras.layers.Dense(1).name
    # What Streamlit does after every run of every visitor.
    keras.backend.clear_session()
    assert keras.layers.Dense(1).name != before
    assert keras.layers.Dense(1).name != "dense"
