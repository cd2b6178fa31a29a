# The service: gateway, workers, actions, desk. Build: docker build -t bijli-sathi .
# Packages come from the hash-pinned locks; a mirror is chosen with the usual settings of pip, uv and npm.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /srv/sathi
COPY requirements/tools.txt requirements/service.txt requirements/
RUN python -m pip install --no-cache-dir --require-hashes -r requirements/tools.txt \
  && uv venv .venv \
  && uv pip sync --python .venv/bin/python --require-hashes --compile-bytecode --no-cache requirements/service.txt
COPY package.json package-lock.json .npmrc ./
COPY scripts/fetch-assets scripts/
RUN scripts/fetch-assets

FROM ${PYTHON}
RUN useradd --system --uid 10001 --home-dir /srv/sathi sathi && install -d -o sathi -g sathi /data
WORKDIR /srv/sathi
COPY --from=build /srv/sathi/.venv .venv
COPY --from=build /srv/sathi/var/assets var/assets
COPY alembic.ini ./
COPY core core
COPY connectors connectors
COPY utility utility
COPY complaints complaints
COPY handoff handoff
COPY desk desk
COPY actions actions
COPY gateway gateway
COPY bot bot
COPY migrations migrations
COPY nlu_data nlu_data
COPY tenants tenants
COPY web web
ENV PATH=/srv/sathi/.venv/bin:$PATH PYTHONPATH=/srv/sathi PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
  SATHI_HOST=0.0.0.0 SATHI_PORT=8080 SATHI_DATA_DIR=/data SATHI_RASA_WORKERS=0 SATHI_LOG_FORMAT=json
USER 10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Alive, not ready: a container is not started anew because Rasa is away for a moment.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "gateway"]
CMD ["run"]
