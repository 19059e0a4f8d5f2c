"""The part that learns: TensorFlow and Keras, for worker processes and the commands that learn."""
