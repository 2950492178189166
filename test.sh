#!/usr/bin/env bash
# Sets up, checks, builds and tests. Ends with CTest's own summary.
set -euo pipefail
# shellcheck source=tools/steps.sh
. "$(dirname "${BASH_SOURCE[0]}")/tools/steps.sh"

usage() {
  cat <<'TEXT'
Usage: ./test.sh [--quick | --long]

  (nothing)   form, sanitizers and fuzzing (preset dev), tests (preset release)
  --quick     form, and the tests of preset release without those labelled slow or not_quick
  --long      as without, and the tests labelled long with their full counts (hours)
TEXT
}

MODE=full
FUZZ_SECONDS_MAX="${FUZZ_SECONDS_MAX:-10}"  # A target; for hours, where it was changed.
FUZZ_MEGABYTES_MAX=2048
JOBS="$(nproc)"
TEST_JOBS="$((JOBS + 1))"  # Many tests wait, for servers, disks and limits.

read_arguments() {
  case "${1:-}" in
    "") ;;
    --quick) MODE=quick ;;
    --long) MODE=long ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) die 2 "test.sh: unknown argument: $1 (see ./test.sh --help)" ;;
  esac
  [ "$#" -le 1 ] || die 2 "test.sh: too many arguments: $*"
}

# build_preset NAME [TARGET]...: a configuration that is already there is left to ninja.
build_preset() {
  local preset="$1" cache="${ROOT}/build/$1/CMakeCache.txt"
  shift
  local duckdb="${DUCKDB_ROOT:-${ROOT}/third_party/duckdb}"
  if [ ! -e "${ROOT}/build/${preset}/build.ninja" ] ||
    ! grep -qxF "DUCKDB_ROOT:PATH=${duckdb}" "${cache}"; then
    step "Configuring build/${preset}" env -C "${ROOT}" cmake --preset "${preset}" \
      "-DDUCKDB_ROOT=${duckdb}" -U DUCKDB_LIBRARY -U DUCKDB_INCLUDE_DIR
  fi
  step "Building build/${preset}" cmake --build "${ROOT}/build/${preset}" ${1+--target "$@"}
}

check_form() {
  say "Checking the form of the sources ..."
  "${ROOT}/tools/check" >&2
}

# The unit tests, whose names are MODULE.FILE. The program as users run it is tested once, over the
# release build; slow tests would take too long under sanitizers.
test_with_sanitizers() {
  build_preset dev unit_tests fuzz_targets
  ctest --test-dir "${ROOT}/build/dev" --parallel "${TEST_JOBS}" --output-on-failure \
    --tests-regex '^[a-z]+[.]' --label-exclude 'slow|long'
}

# fuzz_target PROGRAM: starts from the seeds of testdata/fuzz/NAME, where there are any.
fuzz_target() {
  local program="$1" name corpus seeds
  name="$(basename "${program}")"
  corpus="${ROOT}/build/dev/corpus/${name}"
  mkdir -p "${corpus}"
  local -a folders=("${corpus}")
  for seeds in "${ROOT}/testdata/fuzz/${name}" "${ROOT}/testdata/fuzz/${name%_fuzz}"; do
    [ ! -d "${seeds}" ] || folders+=("${seeds}")
  done
  # Several run at once: each has a log of its own.
  STEP_LOG="${ROOT}/build/dev/${name}.log"
  step "Fuzzing ${name} for ${FUZZ_SECONDS_MAX} s" "${program}" \
    -max_total_time="${FUZZ_SECONDS_MAX}" -rss_limit_mb="${FUZZ_MEGABYTES_MAX}" \
    -artifact_prefix="${ROOT}/build/dev/" -print_final_stats=1 "${folders[@]}"
}

fuzz() {
  [ -e "${ROOT}/fuzz/CMakeLists.txt" ] || return 0
  local program running=0
  while IFS= read -r program; do
    if [ "${running}" -eq "${JOBS}" ]; then
      wait -n || exit "$?"
      running=$((running - 1))
    fi
    fuzz_target "${program}" &
    running=$((running + 1))
  done < <(find "${ROOT}/build/dev/fuzz" -type f -name '*_fuzz' -perm -u+x | sort)
  for (( ; running > 0; --running)); do wait -n || exit "$?"; done
}

test_release() {
  local -a exclude=()
  case "${MODE}" in
    quick) exclude=(--label-exclude 'slow|long|not_quick') ;;
    full) exclude=(--label-exclude long) ;;
    long) export COLVEC_LONG=1 ;;
  esac
  # Turns the tests of the release build on, where an earlier set-up had to leave them out.
  "${ROOT}/setup.sh" --build
  build_preset release
  ctest --test-dir "${ROOT}/build/release" --parallel "${TEST_JOBS}" --output-on-failure \
    ${exclude[@]+"${exclude[@]}"}
}

main() {
  read_arguments "$@"
  "${ROOT}/setup.sh" --tests --web
  check_form
  if [ "${MODE}" != quick ]; then
    test_with_sanitizers
    fuzz
  fi
  test_release
}

main "$@"
