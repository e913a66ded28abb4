/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A spec on the command line, KEY=VALUE, and back: the keys are those of CreatePod and
 * CreateContainer, one table has their types. Whether a value is right the daemon decides; amounts
 * go to it as they are written.
 */
#pragma once

#include <glib.h>

/* What --help says of them; each key is in it. */
#define SPEC_ARGUMENTS_HELP                                                                        \
  "Keys (\"max\" takes a limit away, an empty CPUSet or MemoryNodes is all of the parent):\n"      \
  "  QosClass=Guaranteed|Burstable|BestEffort      pods only; else from requests and limits\n"     \
  "  CPURequest=250m CPULimit=1.5 CPUPeriodUSec=100000 CPUWeight=200|auto CPUSet=0-3,7\n"          \
  "  MemoryRequest=64Mi MemoryLimit=256Mi MemoryHigh=200Mi MemoryLow=1Gi MemoryMin=1Gi\n"          \
  "  MemorySwapLimit=0 MemoryNodes=0 PidsLimit=100 OOMGroup=yes IOWeight=200\n"                    \
  "  HugepageLimits=2Mi:1Gi,1Gi:0\n"                                                               \
  "  IOLimits=/dev/sda:ReadBandwidthMax:10Mi       or WriteBandwidthMax, ReadIOPSMax, "            \
  "WriteIOPSMax\n"                                                                                 \
  "  Unified=cpu.max.burst:1000                    a file of cgroup v2 and its value\n"            \
  "  Labels=app:web\n"                                                                             \
  "  SystemdProperties='MemoryZSwapMax=uint64 0'   with its type, as gdbus writes it\n"            \
  "Of containers besides, when they are made:\n"                                                   \
  "  Delegate=yes User=NAME Subgroup=payload\n"                                                    \
  "IOLimits, HugepageLimits, Unified, Labels and SystemdProperties may be given several times.\n"  \
  "What the keys mean is in org.example.NodeCgroups(5), at CreatePod and CreateContainer."

/**
 * spec_arguments_parse:
 * @arguments: (array zero-terminated=1)
 *
 * Returns: (transfer full): the "a{sv}"; else %EXIT_STATUS_USAGE, which names the argument and what
 * it takes, and for an unknown key the one that was probably meant
 */
GVariant *spec_arguments_parse (char **arguments, GError **error);

/**
 * spec_arguments_format:
 * @spec: an "a{sv}", as a pod's Spec has it
 *
 * Returns: (transfer full): what spec_arguments_parse() makes the same of, in the order of the
 * table; keys that are not known here are left out
 */
char **spec_arguments_format (GVariant *spec);

/* (transfer none) (array zero-terminated=1): all keys */
const char *const *spec_arguments_list_keys (void);
