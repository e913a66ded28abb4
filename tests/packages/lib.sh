# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How packages are made: in a copy of a release's own root file system, which is deleted afterwards, as a
# user or as root. To be sourced, after tests/vm/lib.sh.

# version_of_tree: the release that meson.build says this is.
version_of_tree ()
{
  sed -n "s/^  version: '\([^']*\)',$/\1/p" "$top/meson.build"
}

# enter ROOT COMMAND...: in the root file system, with mounts of its own, which end with the command.
# shellcheck disable=SC2016
enter ()
{
  as_root unshare --mount --propagation private bash -euc '
    root=$1
    shift
    mount --rbind "$root" "$root"
    mount --rbind /dev "$root/dev"
    mount --rbind /proc "$root/proc"
    mount --rbind /sys "$root/sys"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
      DEBIAN_FRONTEND=noninteractive "$@"' bash "$@" </dev/null
}

# put_source DIRECTORY: the release as it is published, without debian/, as Debian's and RPM's tools want
# it to be called; and debian/ beside it. It is what git knows, and what git would take in.
put_source ()
{
  local version directory=$1 list
  version=$(version_of_tree)
  list=$(mktemp)
  (cd "$top" && PYTHONPATH=tests/check python3 -Bc '
import sources
print("\0".join(path for path in sources.files() if not path.startswith("debian/")), end="")') >"$list"
  # Always the same bytes of the same files.
  tar -C "$top" -c --null --files-from="$list" --transform="s,^,nodecgroups-$version/,SH" \
    --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw --mtime="$(date_of_tree)" |
    gzip -9n >"$directory/nodecgroups_$version.orig.tar.gz"
  rm "$list"
  cp -r "$top/debian" "$directory/debian"
}

# date_of_tree: that of the newest entry of debian/changelog.
date_of_tree ()
{
  sed -n '/^ -- /{s/.*>  //p;q}' "$top/debian/changelog"
}

# make_workshop RELEASE DIRECTORY: a root file system that may be spoiled, with the source in it.
make_workshop ()
{
  local root
  root=$("$top/tests/vm/root" package "$1")
  as_root cp -a --reflink=auto "$root/root" "$2"
  as_root mkdir "$2/packages"
  put_source "$2/packages"
  cp "$top/tests/packages/inside" "$2/packages/"
}
