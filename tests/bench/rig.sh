# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What those share that run programs in the rig (tests/bench/rig) if this machine can have it, and
# in an emulated machine otherwise. To be sourced after tests/vm/lib.sh; the caller sets `overlay`,
# what tests/vm/build has made for `guest_release`, and `work`, a directory of its own.

guest_release=bookworm rig_mode=''

# The release that the overlay is built for: ours, if there are root file systems of it.
find_release ()
{
  if [[ " ${releases[*]} " == *" $(host_release) "* ]]; then
    guest_release=$(host_release)
  fi
}

# The one that was asked for. On a machine that has the memory controller on cgroup v1 only that
# enforces a limit.
choose_mode ()
{
  if [[ -n $rig_mode ]]; then
    echo "$rig_mode"
  elif grep -q ' - cgroup [^ ]* .*\bmemory\b' /proc/self/mountinfo; then
    echo hybrid
  else
    echo unified
  fi
}

in_rig ()
{
  "$top/tests/bench/rig" --mode "$(choose_mode)" --release "$guest_release" "$overlay" -- "$@"
}

# Whether there can be one here, with a pod that has limits. If not, $work/probe says why.
can_have_rig ()
{
  local call='busctl call org.example.NodeCgroups /org/example/NodeCgroups org.example.NodeCgroups'
  is_root && [[ $guest_release == "$(host_release)" ]] &&
    in_rig sh -c "$call CreatePod 'sa{sv}' probe 3 CPULimit s 1 MemoryLimit s 64Mi PidsLimit s 50 &&
      $call RemovePod 'sa{sv}' probe 0" >"$work/probe" 2>&1
}
