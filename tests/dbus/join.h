/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of joining share: a pod "a", children of the test that live outside of it, and the
 * calls.
 */
#pragma once

#include "tests/dbus/fixture.h"

#define JOIN_POD "/machine.slice/machine-burstable.slice/machine-burstable-poda.slice"
#define JOIN_APP "poda-app.scope"
#define JOIN_OUTSIDE "/user.slice"

/* In place of fixture_set_up(): with the pod, and a cgroup outside. */
void join_set_up (Fixture *self, gconstpointer data);

#define JOIN_TEST(path, function)                                                                  \
  g_test_add (path, Fixture, NULL, join_set_up, function, fixture_tear_down)

/* A new child, outside of the pod; and its end. */
pid_t join_start_process (Fixture *self);
void join_end_process (Fixture *self, pid_t pid);

/* The arguments of JoinPod. @pids: @n_pids numbers; @options: in GVariant's text format */
GVariant *
join_arguments (const char *container, const pid_t *pids, guint n_pids, const char *options);

/* Returns: the unit and the cgroup */
GVariant *join_call (Fixture *self,
                     const char *container,
                     const pid_t *pids,
                     guint n_pids,
                     const char *options,
                     GError **error);

/* These have to succeed, and then it is there. */
void join_one (Fixture *self, const char *container, pid_t pid, const char *options);

/* Whether a process is in @cgroup. */
gboolean join_is_in (Fixture *self, pid_t pid, const char *cgroup);

/* Whether the pod's containers are these, as text. */
gboolean join_has_containers (Fixture *self, const char *expected);
