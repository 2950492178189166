# colvec on the CPU. Untested: no container could be run where it was written.
#   docker build -t colvec . && docker run --rm -v "$PWD:/data" colvec embed config.json
FROM debian:12-slim AS builder
COPY . /colvec
RUN /colvec/setup.sh --build

FROM debian:12-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      libtbb12 libdnnl2 libfmt9 libicu72 libssl3 libxxhash0 libgomp1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=builder /colvec/third_party/duckdb/lib/libduckdb.so /usr/local/lib/
COPY --from=builder /colvec/build/release/colvec /usr/local/bin/
COPY --from=builder /colvec/examples /colvec/examples
RUN ldconfig
WORKDIR /data
ENTRYPOINT ["colvec"]
CMD ["--help"]
