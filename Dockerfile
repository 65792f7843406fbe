# One image for all processes; the command says which: web (default), worker, scheduler, migrate.

FROM node:22-slim AS assets
WORKDIR /src/pointsvc/assets
COPY pointsvc/assets/package.json pointsvc/assets/package-lock.json pointsvc/assets/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY pointsvc/assets ./
RUN node build.mjs

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/pointsvc
ENV PATH=/opt/pointsvc/bin:$PATH
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY setup.cfg pyproject.toml README.md ./
COPY migrations migrations
COPY workers workers
COPY pointsvc pointsvc
COPY --from=assets /src/pointsvc/static pointsvc/static
RUN pybabel compile --directory pointsvc/translations && pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home pointsvc
COPY --from=build /opt/pointsvc /opt/pointsvc
ENV PATH=/opt/pointsvc/bin:$PATH \
    POINTSVC_HOST=0.0.0.0 \
    POINTSVC_DATA_DIR=/data
USER pointsvc
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["pointsvc"]
CMD ["web"]
