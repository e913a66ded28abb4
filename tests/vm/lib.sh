# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the scripts of the test rig share: where things are, messages, the cache, and
# doing as root what a user may do in a user namespace of his own.
# To be sourced; the caller has `set -euo pipefail`.

# The top of the source tree, by physical path: the tree is bind-mounted by it.
top=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${NODECGROUPS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nodecgroups}
# shellcheck disable=SC2034  # for the scripts that source this
releases=(bullseye bookworm trixie forky)

say ()
{
  printf '%s\n' "$*" >&2
}

die ()
{
  say "${0##*/}: $*"
  exit 1
}

# quietly COMMAND...: shows what the command says only if it fails.
quietly ()
{
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  ((status == 0)) || cat "$log" >&2
  rm -f "$log"
  return "$status"
}

# usage: prints the title block of the script that runs, which is its manual.
usage ()
{
  awk 'NR > 3 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
}

# help_if_asked ARGUMENT...: ends the script if the first argument asks for its manual.
help_if_asked ()
{
  if [[ ${1-} == -h || ${1-} == --help ]]; then
    usage
    exit
  fi
}

is_root ()
{
  [[ $(id -u) == 0 ]]
}

# as_root COMMAND...: as root, or as the root of a user namespace that has the user's
# subordinate ids, which is enough to unpack, change and delete a root file system.
as_root ()
{
  if is_root; then
    "$@"
  else
    unshare --map-root-user --map-auto -- "$@"
  fi
}

host_release ()
{
  # shellcheck source=/dev/null
  (. /etc/os-release 2>/dev/null && printf '%s\n' "${VERSION_CODENAME:-unknown}")
}

# mirror: the mirror that this host's apt uses for its own release, or nothing on a host
# that is no Debian; mmdebstrap then takes its default.
mirror ()
{
  local uris
  # shellcheck disable=SC2016  # apt expands these
  uris=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
    'Created-By: Packages' 'Component: main')
  [[ " ${releases[*]} sid " == *" $(host_release) "* ]] || return 0
  awk -v release="$(host_release)" '$2 == release { print $1; exit }' <<<"$uris"
}

# key WORD...: a short hash of what makes a cached thing.
key ()
{
  printf '%s\n' "$@" | sha256sum | cut -c 1-12
}

# cached PATH COMMAND...: sees to it that PATH is there. If it is not, `COMMAND... NEW` makes
# it as NEW, which is renamed when it is whole: an interrupted run leaves nothing half
# done, and a second run that wants the same thing waits for the first.
cached ()
{
  local path=$1 lock
  shift
  if [[ -e $path ]]; then
    touch -c "$path"
    return
  fi
  mkdir -p "${path%/*}"
  exec {lock}>"$path.lock"
  flock "$lock"
  if [[ ! -e $path ]]; then
    as_root rm -rf "$path.new"
    "$@" "$path.new"
    mv -T "$path.new" "$path"
    prune "$path"
  fi
  exec {lock}>&-
}

# prune PATH: deletes what PATH supersedes, that is what has its name but for the key, and
# was not used for two weeks; another checkout may still want what is younger. What an
# interrupted run has left goes the same way.
prune ()
{
  local old
  while read -r old; do
    as_root rm -rf "$old"
  done < <(find "${1%/*}" -maxdepth 1 -name "$(basename "${1%-*}")-*" -mtime +14)
}

# configure DIRECTORY OPTION...: makes a meson build directory, or gives it these options if
# it had others. All builds that are installed somewhere share `meson_options`.
meson_options=(-Dtests=true --prefix=/usr --sysconfdir=/etc --localstatedir=/var)
configure ()
{
  local directory=$1 stamp=$1/.options options
  shift
  options="${meson_options[*]} $*"
  if [[ ! -e $directory/build.ninja ]]; then
    meson setup "$directory" "$top" "${meson_options[@]}" "$@" || return
  elif [[ ! -e $stamp || $(<"$stamp") != "$options" ]]; then
    meson configure "$directory" "${meson_options[@]}" "$@" || return
  fi
  printf '%s\n' "$options" >"$stamp"
}
