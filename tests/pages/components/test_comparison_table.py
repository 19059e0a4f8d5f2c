from mnist_app.pages.components.comparison_table import comparison_table

ROWS = [("Loss", ("0.1", "0.2")), ("A < B", ("<b>", "no"))]


def test_a_screen_reader_is_told_what_the_table_is_and_what_each_head_heads() -> None:
    table = comparison_table('Both "models"', ("One", "Two"), ROWS)
    assert 'role="region" aria-label="Both &quot;models&quot;" tabindex="0"' in table
    assert '<th scope="col">One</th><th scope="col">Two</th>' in table
    assert '<tr><th scope="row">Loss</th><td>0.1</td><td>0.2</td></tr>' in table


def test_texts_are_shown_as_they_are() -> None:
    table = comparison_table("Models", ("<i>", "Two"), ROWS)
    assert '<th scope="col">&lt;i&gt;</th>' in table
    assert '<th scope="row">A &lt; B</th><td>&lt;b&gt;</td>' in table


def test_columns_have_the_colours_that_there_are() -> None:
    table = comparison_table("Runs", ("One", "Two"), ROWS, ("red",))
    assert '<th scope="col" style="border-bottom-color: red">One</th><th scope="col">Two' in table
    more = comparison_table("Runs", ("One", "Two"), ROWS, ("red", "blue", "green"))
    assert "blue" in more
    assert more.count('scope="col"') == 2
