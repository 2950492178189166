#!/usr/bin/env bash
# Embeds a table: sets up and builds what is missing, then runs `colvec embed`.
set -euo pipefail
# shellcheck source=tools/steps.sh
. "$(dirname "${BASH_SOURCE[0]}")/tools/steps.sh"

usage() {
  cat <<'TEXT'
Usage: ./embed.sh [--docker] [CONFIG.json] [overrides]

  CONFIG.json   the job; without it ./config.json, and without that the shipped example
  overrides     options of `colvec embed`, such as --model FOLDER or --limit 1000
  --docker      run in a container that sees the current folder, as /data (images are untested)

Environment: BATCH_SIZE, COLVEC_MODEL, COLVEC_DEVICE, as `colvec embed --help` says.
TEXT
}

COLVEC="${ROOT}/build/release/colvec"
EXAMPLE="${ROOT}/build/example"

CONFIG=""
USES_DOCKER=no
OVERRIDES=()

read_arguments() {
  case "${1:-}" in
    -h | --help)
      usage
      exit 0
      ;;
    --docker)
      USES_DOCKER=yes
      shift
      ;;
  esac
  if [ "$#" -gt 0 ] && [ "${1#-}" = "$1" ]; then
    CONFIG="$1"
    shift
  elif [ -e config.json ]; then
    CONFIG=config.json
  fi
  OVERRIDES=("$@")
}

embed_example() {
  if [ ! -e "${EXAMPLE}/input.duckdb" ] || [ ! -e "${EXAMPLE}/config.json" ]; then
    "${COLVEC}" example "${EXAMPLE}" --sample "${ROOT}/examples/sample_texts.csv"
  fi
  say "No config.json here, so this is the example: ${EXAMPLE}/config.json"
  "${COLVEC}" embed "${EXAMPLE}/config.json" ${OVERRIDES[@]+"${OVERRIDES[@]}"}
  "${COLVEC}" peek "${EXAMPLE}/config.json"
}

has_nvidia_gpu() { has nvidia-smi && nvidia-smi >/dev/null 2>&1; }

# The program itself says which BATCH_SIZE is in force, and that ./check_benchmark.sh measures it.
embed_here() {
  local -a cuda=()
  # Without the toolkit, a libcolvec_cuda.so that is there already does.
  if has_nvidia_gpu && has_nvcc; then cuda=(--cuda); fi
  "${ROOT}/setup.sh" ${cuda[@]+"${cuda[@]}"} --build
  if [ -z "${CONFIG}" ]; then
    embed_example
  else
    exec "${COLVEC}" embed "${CONFIG}" ${OVERRIDES[@]+"${OVERRIDES[@]}"}
  fi
}

# The container sees the current folder only: the configuration, databases and model must lie in it.
embed_in_docker() {
  [ -n "${CONFIG}" ] || die 2 "embed.sh --docker: name a CONFIG.json in the current folder"
  [ -e "${CONFIG}" ] || die 3 "embed.sh --docker: no such file: ${CONFIG}"
  CONFIG="$(realpath --relative-to=. "${CONFIG}")"
  [ "${CONFIG#../}" = "${CONFIG}" ] ||
    die 2 "embed.sh --docker: outside the current folder, all that a container sees: ${CONFIG}"
  has docker || die 3 "embed.sh --docker: docker is not installed"

  local image=colvec dockerfile=Dockerfile variable
  local -a arguments=(run --rm --init --volume "${PWD}:/data" --workdir /data
    --user "$(id -u):$(id -g)")
  if has_nvidia_gpu; then
    image=colvec-cuda
    dockerfile=Dockerfile.cuda
    arguments+=(--gpus all)
  fi
  for variable in BATCH_SIZE COLVEC_MODEL COLVEC_DEVICE; do
    # Without a value docker takes it from its own environment, which also keeps odd characters.
    [ -z "${!variable:-}" ] || arguments+=(--env "${variable}")
  done
  if [ -t 0 ] && [ -t 1 ]; then arguments+=(--interactive --tty); fi

  step "Building the image ${image}" docker build --tag "${image}" \
    --file "${ROOT}/${dockerfile}" "${ROOT}"
  exec docker "${arguments[@]}" "${image}" embed "${CONFIG}" ${OVERRIDES[@]+"${OVERRIDES[@]}"}
}

main() {
  read_arguments "$@"
  if [ "${USES_DOCKER}" = yes ]; then embed_in_docker; else embed_here; fi
}

main "$@"
