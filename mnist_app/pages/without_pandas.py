"""Components without pandas, which no page needs until it shows a table or a chart.

Streamlit asks pandas whether a dict inside a component's data is a table, and so imports pandas and
pyarrow before the first canvas is on the screen; the canvas' library sends its drawing as a dict.
"""

from streamlit import dataframe_util
from streamlit.components.v2.bidi_component import serialization


def _is_other_table(value: object) -> bool:
    return not isinstance(value, dict | list) and dataframe_util.is_dataframe_like(value)


vars(serialization)["is_dataframe_like"] = _is_other_table
