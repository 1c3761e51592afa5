# The page in a container, from Debian and PyPI alone:
#
#     docker build -t cabcnn .
#     docker run --rm -p 7860:7860 -v cabcnn:/data cabcnn
#
# torch is Debian's: built for the CPU, and some versions older than the one in requirements.txt,
# but within pyproject.toml's range. PyPI's for Linux would bring CUDA along, several GB of it.
FROM debian:trixie-slim

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-torch python3-venv \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/cabcnn
COPY requirements.txt .
RUN python3 -m venv --system-site-packages .venv \
    && sed -i /^torch==/d requirements.txt \
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
