# ShopVisio in one image: an unprivileged user, a read-only root, everything to keep in /data.
# install.sh builds and starts it; by hand:
#   docker build -t shopvisio .         (with card payments and backups in a bucket: --build-arg EXTRAS='stripe s3')
#   docker run -d --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -p 80:80 -p 443:443 -p 8443:8443/udp -v shopvisio-data:/data shopvisio

FROM debian:trixie-slim AS build
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get -qq update \
 && apt-get -qq install -y --no-install-recommends python3 python3-venv binutils >/dev/null
WORKDIR /opt/shopvisio
ARG EXTRAS=""
COPY requirements.lock requirements-stripe.lock requirements-s3.lock ./
RUN python3 -m venv venv \
 && venv/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes \
      --only-binary :all: -r requirements.lock $(for extra in $EXTRAS; do echo "-r requirements-$extra.lock"; done) \
 && find venv -name '*.so*' -exec strip --strip-unneeded {} + \
 && find venv \( -name '*.py[xi]' -o -name '*.pxd' -o -name '*.[ch]' \) -delete \
 && rm -rf venv/lib/python3*/site-packages/*/tests venv/lib/python3*/site-packages/*/testing
COPY requirements-build.lock app/
COPY shopvisio/web/npm app/shopvisio/web/npm
RUN app/shopvisio/web/npm/install venv/bin/python
COPY shopvisio app/shopvisio
# Babel knows a thousand languages and regions: French stays, and those that the shop is translated into
RUN for language in root fr $(ls app/shopvisio/translations); do set -- "$@" ! -name "${language%%_*}*"; done \
 && find venv/lib/python3*/site-packages/babel/locale-data -name '*.dat' "$@" -delete
RUN venv/bin/pip uninstall --quiet --yes pip \
 && echo /opt/shopvisio/app >"$(venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/shopvisio.pth" \
 && venv/bin/python -m compileall -q app

FROM debian:trixie-slim
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get -qq update \
 && apt-get -qq install -y --no-install-recommends python3 ca-certificates \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 >/dev/null \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/* \
 && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /opt/shopvisio/venv /opt/shopvisio/venv
COPY --from=build /opt/shopvisio/app /opt/shopvisio/app
ENV PATH=/opt/shopvisio/venv/bin:$PATH \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    SHOPVISIO_DATA=/data
USER 10001:10001
VOLUME /data
EXPOSE 80 443/tcp 8443/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=40s --retries=3 \
  CMD ["python", "-I", "-m", "shopvisio.health"]
ENTRYPOINT ["python", "-m", "shopvisio"]
CMD ["serve"]
