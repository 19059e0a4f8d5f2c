"""Components are sent without pandas, which no page needs until it shows a table or a chart.

Streamlit asks pandas of every dict that goes to a component whether it is a table, and so imports
it, with pyarrow, before the first canvas is on the screen. Nothing here sends tables to components.
"""

from streamlit import dataframe_util
from streamlit.components.v2.bidi_component import serialization


def _is_other_table(value: object) -> bool:
    return not isinstance(value, dict | list) and dataframe_util.is_dataframe_like(value)


vars(serialization)["is_dataframe_like"] = _is_other_table
