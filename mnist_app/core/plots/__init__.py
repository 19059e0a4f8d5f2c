"""Data -> Plotly figures; pure functions."""
