/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libnodecgroups, all of it: what this header includes is public, and nothing else is.
 *
 * What holds for every function, where its own comment says nothing else:
 *
 * - Errors. What can fail takes a GError and returns FALSE, NULL or -1; the domain is NCG_ERROR,
 * the message is UTF-8 (if a root directory that it names is) and quotes what came from outside
 * only escaped. "ret_…" arguments are written only on success. Memory that runs out ends the
 * program, as in GLib.
 * - Arguments are not NULL unless (nullable). They stay the caller's, and what must outlive the
 * call is copied.
 * - What is returned is the caller's, unless it is const: g_free() for strings and what has no
 *   function of its own, g_strfreev(), g_array_unref() and g_variant_unref() for GLib's types, else
 *   the function of the type, which g_autoptr() calls.
 * - Strings are zero-terminated bytes. What the kernel has said may be no UTF-8.
 * - Threads. Nothing is shared between objects. Functions that take a const object may run in
 *   several threads at once, all others need the object for themselves. A driver belongs to the
 *   thread of its main context. What reads or writes files may block, in cgroups for long.
 */
#pragma once

#include "lib/attach.h"
#include "lib/cgroup-tree.h"
#include "lib/cgroup.h"
#include "lib/cpu-bandwidth.h"
#include "lib/cpuset.h"
#include "lib/driver.h"
#include "lib/error.h"
#include "lib/file-settings.h"
#include "lib/hierarchy.h"
#include "lib/io-weight.h"
#include "lib/machine.h"
#include "lib/memory-amount.h"
#include "lib/names.h"
#include "lib/page-size.h"
#include "lib/process.h"
#include "lib/quantity.h"
#include "lib/resources.h"
#include "lib/shares.h"
#include "lib/stats.h"
#include "lib/swap-limit.h"
#include "lib/verify.h"
