# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The groups of tests that ./check knows: how their tests are called, what must be built
# for them, and how one of them is run. Each run leaves its output in a log and adds to
# `passed`, `failed` and `skipped`. To be sourced by ./check, which has sourced
# tests/vm/lib.sh and set `work`, a directory that is deleted in the end.
#
# A program of tests/unit or tests/dbus is tests/KIND/test-NAME.c, and is built as test-NAME
# in the same place of the build directory. A check is an executable in tests/check/, is
# given the build directory, and ends with 0, 1 or 77 (skipped). A fuzz target is
# tests/fuzz/fuzz-NAME.c, and starts from tests/fuzz/corpus/NAME. The soak is one program, run
# with two builds of the daemon. The benchmarks are one, too: here it is seen that they run, and no more.
# The packages are made and tried by one script for each Debian release.

passed=0 failed=0 skipped=0

# How many programs of tests/unit and tests/dbus run at once, and which of them do little but wait for time
# to pass: these have a turn of their own beside the others.
at_once=$(nproc)
waiting=' cli-change containers-crash deadline events late left-behind remove status '

# Seconds for one program; sanitizers make it several times slower.
declare -A limits=([check]=300 [unit]=120 [dbus]=600 [san]=900 [packages]=3600)

# Seconds for which each fuzz target looks for something new, and the longest input that it tries.
fuzz_seconds=${NODECGROUPS_FUZZ_SECONDS:-6} fuzz_length=4096

# Seconds for which each soak goes on, twenty minutes with --all; and what its calls and faults follow
# from, chosen anew each time if it is empty.
soak_seconds=${NODECGROUPS_SOAK_SECONDS-} soak_seed=${NODECGROUPS_SOAK_SEED-}

# What a sanitizer finds shall fail the program that it is found in.
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

### Names

# programs KIND: what the programs of tests/KIND are called, by their sources, so that one that
# is not built fails.
programs ()
{
  find "$top/tests/$1" -maxdepth 1 -name 'test-*.c' -printf '%f\n' |
    sed 's/^test-//; s/\.c$//' | sort
}

# machines: the table without comments, and without blanks around the columns.
machines ()
{
  sed 's/#.*//; s/[[:blank:]]*|[[:blank:]]*/|/g; s/^ *//; s/ *$//; /^$/d' "$top/tests/vm/machines"
}

# list GROUP: the names of its tests; of vm the long ones too if `all` is set.
list ()
{
  case $1 in
    check)
      printf '%s\n' check/gcc check/clang
      find "$top/tests/check" -maxdepth 1 -type f -executable -printf 'check/%f\n' |
        sed 's/\.[a-z]*$//' | sort
      ;;
    unit | dbus) programs "$1" | sed "s,^,$1/," ;;
    san)
      programs unit | sed 's,^,san/unit/,'
      programs dbus | sed 's,^,san/dbus/,'
      ;;
    fuzz)
      find "$top/tests/fuzz" -maxdepth 1 -name 'fuzz-*.c' -printf '%f\n' |
        sed 's,^fuzz-\(.*\)\.c$,fuzz/\1,' | sort
      ;;
    soak) printf '%s\n' soak/plain soak/san ;;
    bench) printf '%s\n' bench/smoke ;;
    packages) printf '%s\n' packages/bookworm ${all:+packages/trixie} ;;
    vm) machines | awk -F '|' -v all="${all-}" 'all != "" || $5 == "fast" { print "vm/" $1 }' ;;
  esac
}

### Counting

# count RESULT NAME LOG: a test that says how it went by its exit status.
count ()
{
  case $1 in
    0) passed=$((passed + 1)) ;;
    77)
      skipped=$((skipped + 1))
      say "$2 was skipped: $(tail -n 1 "$3")"
      ;;
    *)
      failed=$((failed + 1))
      say "--- $2 failed, with status $1:"
      cat "$3" >&2
      ;;
  esac
}

# count_tap NAME LOG: a program, or a machine with several, whose output is for tests/tap.
count_tap ()
{
  local summary numbers
  summary=$("$top/tests/tap" "$2")
  read -ra numbers <<<"${summary##*$'\n'}"
  passed=$((passed + numbers[0]))
  failed=$((failed + numbers[1]))
  skipped=$((skipped + numbers[2]))
  if ((numbers[1])); then
    say "--- $1 failed:"
    cat "$2" >&2
    say "--- $1: what failed:"
    sed '$d; s/^/    /' <<<"$summary" >&2
  elif ((numbers[2])); then
    grep -hi '^[^#].*# *\(skip\|todo\)' "$2" | sed "s,^,$1: ," >&2
  fi
}

### Building

# build DIRECTORY OPTION...: in the tree, once for each run of ./check; all, or `ninja_target`.
declare -A built=()
build ()
{
  local directory=$1 log=$work/$1.log status=0
  if [[ ! -v built[$directory] ]]; then
    {
      configure "$top/$directory" "${@:2}" && ninja -C "$top/$directory" ${ninja_target:+"$ninja_target"}
    } >"$log" 2>&1 </dev/null || status=$?
    built[$directory]=$status
  fi
  return "${built[$directory]}"
}

build_gcc ()
{
  CC=gcc build build -Dwerror=true
}

build_clang ()
{
  CC=clang build build-clang -Dwerror=true
}

build_san ()
{
  CC=gcc build build-san -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false
}

build_fuzz ()
{
  CC=clang ninja_target=fuzzers build build-fuzz -Dwerror=true -Dfuzz=true \
    -Db_sanitize=address,undefined -Db_lundef=false
}

# overlay RELEASE: what is laid over the root file system of the release, built once. Who comes while
# it is being built waits.
overlay ()
{
  local directory=$work/overlay-$1
  (
    flock 9
    [[ -d $directory ]] || { "$top/tests/vm/build" "$1" "$directory.new" && mv "$directory.new" "$directory"; }
  ) 9>"$directory.lock" || return
  printf '%s\n' "$directory"
}

# prefetch: makes the root file systems of the given machines and packages, while other tests run. Who
# needs one that is not there yet waits for it.
prefetch ()
{
  local name release kernel
  for name; do
    if [[ $name == packages/* ]]; then
      "$top/tests/vm/root" package "${name#packages/}"
      "$top/tests/vm/root" install "${name#packages/}"
      continue
    fi
    release=$(machine "${name#vm/}" 2)
    kernel=${release#*/}
    release=${release%/*}
    "$top/tests/vm/root" run "$release" &
    [[ $release == "$(host_release)" ]] || "$top/tests/vm/root" build "$release"
    [[ $kernel == "$release" ]] || "$top/tests/vm/root" run "$kernel"
    wait
  done
}

### Running

# not_built NAME DIRECTORY
not_built ()
{
  failed=$((failed + 1))
  say "--- $1 cannot run, because $2 was not built."
}

run_check ()
{
  local name=${1#check/} log=$work/log-$BASHPID status=0 script
  case $name in
    gcc | clang)
      "build_$name" || status=$?
      log=$work/build.log
      [[ $name == gcc ]] || log=$work/build-clang.log
      ;;
    *)
      build_gcc || true  # most of them look at the sources alone
      script=$(find "$top/tests/check" -maxdepth 1 \( -name "$name" -o -name "$name.*" \) | head -n 1)
      (cd "$top" && timeout "${limits[check]}" "$script" build) >"$log" 2>&1 </dev/null || status=$?
      ;;
  esac
  count "$status" "$1" "$log"
}

# run_program NAME DIRECTORY LOG: NAME is GROUP/KIND/PROGRAM, or KIND/PROGRAM.
run_program ()
{
  local kind=${1%/*} program=test-${1##*/} status=0
  {
    printf '# program %s\n' "$1"
    (cd "$top" && timeout -k 5 "${limits[${1%%/*}]}" "$2/tests/${kind##*/}/$program" --tap) || status=$?
    printf '# exit %d\n' "$status"
  } >"$3" 2>&1 </dev/null
}

# wait_for_one: until one of the processes of `running` is done, which is in it no more.
wait_for_one ()
{
  local pid left=()
  wait -n "${running[@]}" || true
  for pid in "${running[@]}"; do
    ! kill -0 "$pid" 2>/dev/null || left+=("$pid")
  done
  running=("${left[@]}")
}

# run_in_turn DIRECTORY N NAME...: N at once.
run_in_turn ()
{
  local directory=$1 n=$2 name running=()
  shift 2
  for name; do
    while ((${#running[@]} >= n)); do
      wait_for_one
    done
    run_program "$name" "$directory" "$logs/${name//\//-}" &
    running+=($!)
  done
  ((${#running[@]} == 0)) || wait "${running[@]}"
}

# run_programs DIRECTORY NAME...: as many at once as `at_once` says; counted in their order.
run_programs ()
{
  local directory=$1 logs=$work/logs name pid beside=() others=()
  shift
  mkdir -p "$logs"
  for name; do
    if [[ $name == *dbus/* && $waiting == *" ${name##*/} "* ]]; then
      beside+=("$name")
    else
      others+=("$name")
    fi
  done
  run_in_turn "$directory" 1 "${beside[@]}" &
  pid=$!
  run_in_turn "$directory" "$at_once" "${others[@]}"
  wait "$pid"
  for name; do
    count_tap "$name" "$logs/${name//\//-}"
  done
}

run_unit ()
{
  local name
  if build_gcc; then
    run_programs "$top/build" "$@"
  else
    for name; do
      not_built "$name" build
    done
  fi
}

run_dbus ()
{
  run_unit "$@"
}

run_san ()
{
  if build_san; then
    run_programs "$top/build-san" "$@"
  else
    count 1 'the build with sanitizers' "$work/build-san.log"
  fi
}

# fuzz NAME: in memory where that is possible, because a target writes files for each input. The
# corpus is copied, so that the tree stays as it is.
fuzz ()
{
  local directory found=build-fuzz/found status=0 options
  options=(
    -max_total_time="$fuzz_seconds" -max_len="$fuzz_length" -timeout=10 -rss_limit_mb=1024
    -verbosity=0 -artifact_prefix="$found/$1-"
  )
  directory=$(TMPDIR=/dev/shm mktemp -d 2>/dev/null) || directory=$(mktemp -d)
  [[ ! -e tests/fuzz/$1.dict ]] || options+=(-dict="tests/fuzz/$1.dict")
  mkdir -p "$found" "$directory/tmp"
  cp -r "tests/fuzz/corpus/$1" "$directory/corpus" &&
    TMPDIR=$directory/tmp timeout -k 5 $((fuzz_seconds + 60)) \
      "build-fuzz/tests/fuzz/fuzz-$1" "${options[@]}" "$directory/corpus" || status=1
  rm -rf "$directory"
  ((status == 0)) || echo "To try it again: build-fuzz/tests/fuzz/fuzz-$1 FILE, one of $found/$1-*"
  return "$status"
}

run_fuzz ()
{
  local log=$work/log-$BASHPID status=0
  if ! build_fuzz; then
    [[ -v fuzz_shown ]] || count 1 'the build of the fuzz targets' "$work/build-fuzz.log"
    fuzz_shown=yes
    return
  fi
  (cd "$top" && fuzz "${1#fuzz/}") >"$log" 2>&1 </dev/null || status=$?
  count "$status" "$1" "$log"
}

run_soak ()
{
  local name=${1#soak/} log=$work/log-$BASHPID arguments
  arguments=(--seconds "${soak_seconds:-$([[ -n ${all-} ]] && echo 1200 || echo 60)}")
  [[ -z $soak_seed ]] || arguments+=(--seed "$soak_seed")
  build_gcc || { not_built "$1" build; return; }
  if [[ $name == san ]]; then
    ninja_target=daemon/nodecgroupsd build_san || { not_built "$1" build-san; return; }
    arguments+=(--san)
  fi
  "$top/tests/soak/run" "${arguments[@]}" >"$log" 2>&1 </dev/null || true
  count_tap "$1" "$log"
  sed -n '/^# .*seed /p; /^# .*figures\|^# .* phase three: /p' "$log" >&2
}

run_bench ()
{
  local log=$work/log-$BASHPID
  build_gcc || { not_built "$1" build; return; }
  "$top/tests/bench/run" --smoke >"$log" 2>&1 </dev/null || true
  count_tap "$1" "$log"
}

run_packages ()
{
  local log=$work/log-$BASHPID
  timeout -k 5 "${limits[packages]}" "$top/tests/packages/test" ${all:+--whole} "${1#packages/}" \
    >"$log" 2>&1 </dev/null || true
  count_tap "$1" "$log"
}

# machine NAME COLUMN
machine ()
{
  machines | awk -F '|' -v name="$1" -v column="$2" '$1 == name { print $column }'
}

# machine_arguments NAME: sets `arguments`, those of tests/vm/run without the programs.
machine_arguments ()
{
  local release append
  release=$(machine "$1" 2)
  append=$(machine "$1" 3)
  arguments=(--release "${release%/*}" --kernel "${release#*/}" --timeout "$(machine "$1" 4)")
  [[ $append == - ]] || arguments+=(--append "$append")
}

run_vm ()
{
  local name=${1#vm/} log=$work/log-$BASHPID directory release
  release=$(machine "$name" 2)
  build_gcc || { not_built "$1" build; return; }
  if ! directory=$(overlay "${release%/*}" 2>"$log"); then
    count 1 "$1: building it" "$log"
    return
  fi
  machine_arguments "$name"
  "$top/tests/vm/run" "${arguments[@]}" --tests "$(machine "$name" 6)" "$directory" >"$log" 2>&1 || true
  count_tap "$1" "$log"
}
