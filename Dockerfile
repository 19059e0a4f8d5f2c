FROM python:3.12-slim
WORKDIR /app
# Libraries change less often than the app.
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --create-home learner && mkdir -p /data/models && chown -R learner /app/static /data
USER learner
# Models and runs outlast the container when /data is a volume.
ENV MNIST_APP_MODELS=/data/models MNIST_APP_DATA=/data
VOLUME /data
EXPOSE 8501
HEALTHCHECK CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8501/_stcore/health')"]
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.headless", "true"]
