"""The pages: the only code besides `app.py` that knows of Streamlit."""
