# The page in a container, from Debian and PyPI alone:
#
#     docker build -t cabcnn .
#     docker run --rm -p 7860:7860 -v cabcnn:/data cabcnn
#
# PyPI's torch for Linux brings CUDA along, several GB of it. Without an NVIDIA GPU, build with
#     --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu
FROM debian:trixie-slim

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

ARG TORCH_INDEX=https://pypi.org/simple
WORKDIR /opt/cabcnn
COPY requirements.txt .
RUN python3 -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --index-url "$TORCH_INDEX" "$(grep ^torch== requirements.txt)" \
    && .venv/bin/pip install --no-cache-dir -r requirements.txt
COPY . source
RUN .venv/bin/pip install --no-cache-dir --no-deps ./source && rm -r source

# Models, runs and decoded recordings are kept in the volume; the program itself can't be changed.
RUN useradd --uid 1000 --create-home cabcnn && install -d -o cabcnn -g cabcnn /data
ENV CABCNN_HOME=/data CABCNN_CACHE=/data/cache
VOLUME /data
USER 1000:1000
EXPOSE 7860
HEALTHCHECK --start-period=60s --timeout=5s \
    CMD [".venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/')"]
ENTRYPOINT [".venv/bin/cabcnn"]
CMD ["app", "--host", "0.0.0.0", "--port", "7860"]
