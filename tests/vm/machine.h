/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine that a test runs in as root: its systemd, if it has one, and its cgroups. Whatever
 * fails here ends the test program with a message that says what.
 *
 * There is no assertion on time anywhere: a machine may be emulated, forty times slower than the
 * host. What does not come to be within machine_wait_until()'s deadline will never be.
 */
#pragma once

#include "lib/hierarchy.h"

#include <glib.h>
#include <sys/types.h>

#define MACHINE_POD_FILES "/run/nodecgroups/pods"

/* g_test_init(), with TAP as output whatever the arguments. */
void machine_init (int argc, char **argv);

/* Ends the test program with @format as the reason. */
void machine_fail (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

/* Waits until the expression @condition is true, running the main loop meanwhile. */
#define machine_wait_until(condition)                                                              \
  do {                                                                                             \
    gint64 machine_deadline = machine_get_deadline ();                                             \
    while (!(condition))                                                                           \
      machine_pause (machine_deadline, #condition, G_STRLOC);                                      \
  } while (0)

gint64 machine_get_deadline (void);
void machine_pause (gint64 deadline, const char *condition, const char *where);

/* Runs a line of the shell, which has to succeed. Returns: (transfer full): what it printed,
 * without blanks at the end */
char *machine_run (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Whether a line of the shell succeeds; what it prints goes to the journal. */
gboolean machine_try (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Whether systemd is PID 1. What is about units can only be asked then. */
gboolean machine_has_systemd (void);

/* (transfer none): which cgroups it has */
const NcgHierarchy *machine_get_hierarchy (void);

/* (transfer full): a property of a unit as `systemctl show` prints it */
char *machine_show (const char *unit, const char *property);

/* (transfer full): all properties of many units, "UNIT PROPERTY" → value */
GHashTable *machine_show_all (const char *const *units);

/* Every "PROPERTY=VALUE" of the list @wanted, separated by blanks, is so. @shown: of
 * machine_show_all(), or NULL to ask now */
void machine_assert_shown (GHashTable *shown, const char *unit, const char *wanted);

/* (transfer full): the names of the units that match @pattern and are loaded in any state, sorted
 * and separated by blanks; "" for none */
char *machine_list_units (const char *pattern);

/* daemon-reload, daemon-reexec; they return when systemd answers again. */
void machine_reload_systemd (void);
void machine_reexecute_systemd (void);

/* systemd does nothing in between, by the kernel's freezer: a signal does not stop it. */
void machine_stop_systemd (void);
void machine_continue_systemd (void);

/*
 * Cgroups are named by their paths below the mount of a hierarchy. Where the controller that a file
 * is named after ("memory" of "memory.max") is on v1, that is its hierarchy; else it is the unified
 * one, or without it that of systemd. A cgroup or a process is looked for in the last two, and at
 * last in the hierarchy of memory.
 */

/* (transfer full) (nullable): a file of a cgroup, without blanks at the end; NULL if it or the
 * cgroup is not there */
char *machine_read (const char *cgroup, const char *file);
guint64 machine_read_number (const char *cgroup, const char *file);

/* The number behind @key in a flat keyed file, "oom_kill" in memory.events. */
guint64 machine_read_key (const char *cgroup, const char *file, const char *key);
void machine_write (const char *cgroup, const char *file, const char *value);
gboolean machine_has_cgroup (const char *cgroup);

/* Every "FILE=VALUE" of the list @wanted, separated by ";", reads so. */
void machine_assert_files (const char *cgroup, const char *wanted);

/* (transfer full): the names of the pods' slices in the tree, sorted and separated by blanks */
char *machine_list_pod_cgroups (void);

/* (transfer full): the names of the files that the daemon keeps, sorted and separated by blanks */
char *machine_list_pod_files (void);

/* (transfer full) (nullable): the cgroup of a process, as /proc says; NULL if there is none */
char *machine_find_process (pid_t pid);
void machine_assert_process_in (pid_t pid, const char *cgroup);
