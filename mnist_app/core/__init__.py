"""The part that answers and keeps: no TensorFlow, no Streamlit."""
