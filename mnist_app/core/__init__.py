"""What answers and keeps: no TensorFlow, no Streamlit."""
