# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bash completion for nodecgroupsctl. Verbs, options and keys are those that it says itself; pods and
# containers those of the daemon, if it runs.

# _nodecgroupsctl_offer CANDIDATE...: those that begin with what is there
_nodecgroupsctl_offer ()
{
  local candidate
  for candidate; do
    [[ $candidate != "$cur"* ]] || COMPREPLY+=("$candidate")
    [[ $candidate != *= ]] || compopt -o nospace 2>/dev/null
  done
}

# The verb and where the daemon is, from the words before the cursor. bash divides words at "=".
_nodecgroupsctl_look ()
{
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --user) where=(--user) ;;
      -H | --host)
        i=$((i + 1))
        [[ ${COMP_WORDS[i]} != = ]] || i=$((i + 1))
        where=(-H "${COMP_WORDS[i]}")
        ;;
      =) i=$((i + 1)) ;;
      --) [[ -z $verb ]] || return ;;
      -*) ;;
      *)
        n=$((n + 1))
        [[ -n $verb ]] || verb=${COMP_WORDS[i]} n=0
        ;;
    esac
  done
}

_nodecgroupsctl ()
{
  local program=${COMP_WORDS[0]} cur=${COMP_WORDS[COMP_CWORD]} verb='' n=0 line name arguments=''
  local -a where=() lines
  COMPREPLY=()
  _nodecgroupsctl_look
  if [[ $cur == = || ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
    # A value: a file is the only one that can be guessed.
    [[ -z $verb ]] || compopt -o default 2>/dev/null
    return
  fi
  if [[ $cur == -* ]]; then
    mapfile -t lines < <("$program" ${verb:+"$verb"} --help 2>/dev/null |
      grep -oE -- '^  (-[A-Za-z], )?--[a-z-]+=?' | grep -oE -- '--[a-z-]+=?')
    _nodecgroupsctl_offer "${lines[@]}"
    return
  fi
  mapfile -t lines < <("$program" help verbs 2>/dev/null)
  for line in "${lines[@]}"; do
    name=${line%%$'\t'*}
    [[ -n $verb && $verb != help ]] || _nodecgroupsctl_offer "$name"
    [[ $name != "$verb" ]] || arguments=${line#*$'\t'} arguments=${arguments%%$'\t'*}
  done
  case $arguments in
    *FILE*) compopt -o default 2>/dev/null ;;
    *KEY=*)
      if ((n > 0)); then
        mapfile -t lines < <("$program" help keys 2>/dev/null)
        _nodecgroupsctl_offer "${lines[@]/%/=}"
        return
      fi
      ;;&
    *UID*CONTAINER*)
      mapfile -t lines < <("$program" "${where[@]}" pods --quiet --containers 2>/dev/null)
      _nodecgroupsctl_offer "${lines[@]}"
      ;;
    *UID*)
      mapfile -t lines < <("$program" "${where[@]}" pods --quiet 2>/dev/null)
      _nodecgroupsctl_offer "${lines[@]}"
      ;;
  esac
}

complete -F _nodecgroupsctl nodecgroupsctl
