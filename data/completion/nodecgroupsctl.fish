# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fish completion for nodecgroupsctl. Verbs, options and keys are those that it says itself; pods and
# containers those of the daemon, if it runs.

# The words that are no options, without the program: the verb and its arguments so far.
function __nodecgroupsctl_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
        else if contains -- $word -H --host
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

function __nodecgroupsctl_where
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        if test $words[$i] = --user
            echo --user
        else if contains -- $words[$i] -H --host; and set -q words[(math $i + 1)]
            echo --host=$words[(math $i + 1)]
        else if string match -q -- '--host=*' $words[$i]
            echo $words[$i]
        end
    end
end

function __nodecgroupsctl_verbs
    nodecgroupsctl help verbs 2>/dev/null | string replace -r '\t.*\t' '\t'
end

function __nodecgroupsctl_options
    set -l words (__nodecgroupsctl_words)
    nodecgroupsctl $words[1] --help 2>/dev/null |
        string replace -rf '^  (?:-[A-Za-z], )?(--[a-z-]+=?)\S*\s+(.*)' '$1\t$2'
end

# What the arguments of the verb are, as its help shows them.
function __nodecgroupsctl_arguments
    set -l words (__nodecgroupsctl_words)
    set -l arguments (nodecgroupsctl help verbs 2>/dev/null |
        string replace -rf "^$words[1]\t(.*)\t.*" '$1')
    switch "$arguments"
        case '*KEY=*'
            if test (count $words) -gt 1
                nodecgroupsctl help keys 2>/dev/null | string replace -r '$' =
                return
            end
    end
    switch "$arguments"
        case '*UID*CONTAINER*'
            nodecgroupsctl (__nodecgroupsctl_where) pods --quiet --containers 2>/dev/null
        case '*UID*'
            nodecgroupsctl (__nodecgroupsctl_where) pods --quiet 2>/dev/null
        case '*FILE*'
            __fish_complete_path (commandline -ct)
    end
end

complete -c nodecgroupsctl -f
complete -c nodecgroupsctl -n 'not count (__nodecgroupsctl_words) >/dev/null' -a '(__nodecgroupsctl_verbs)'
complete -c nodecgroupsctl -n 'test "$(__nodecgroupsctl_words)" = help' -a '(__nodecgroupsctl_verbs)'
complete -c nodecgroupsctl -n 'count (__nodecgroupsctl_words) >/dev/null' -a '(__nodecgroupsctl_arguments)'
complete -c nodecgroupsctl -n 'string match -q -- "-*" (commandline -ct)' -a '(__nodecgroupsctl_options)'
