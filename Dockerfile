# colvec on the CPU. Untested: no container could be run where it was written.
#   docker build -t colvec . && docker run --rm -v "$PWD:/data" colvec embed config.json
#   docker run -p 8080:8080 -v "$PWD:/data" colvec serve --address 0.0.0.0 --token-file /data/token
FROM debian:12-slim AS builder
COPY . /colvec
RUN /colvec/setup.sh --web --python \
 && apt-get install --yes --no-install-recommends file \
 && cmake --preset release -S /colvec -DCOLVEC_TESTS=OFF \
 && cmake --build /colvec/build/release \
 && cd /colvec/build/release && cpack -G DEB

FROM debian:12-slim
COPY --from=builder /colvec/build/release/packages/*.deb /tmp/colvec.deb
RUN apt-get update \
 && apt-get install --yes --no-install-recommends /tmp/colvec.deb \
 && rm -rf /tmp/colvec.deb /var/lib/apt/lists/*
WORKDIR /data
# For `colvec serve` on its default port; a container that does anything else is well while it runs.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
  CMD ["sh", "-c", "grep -qw serve /proc/1/cmdline || exit 0; exec colvec serve --check"]
ENTRYPOINT ["colvec"]
CMD ["--help"]
