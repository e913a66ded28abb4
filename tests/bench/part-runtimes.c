/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pod with one container of crun or runc: as the runtime does it by itself, with systemd making
 * the slice around it and no limits on that, and in a pod of ours. Both with the runtime's systemd
 * manager.
 */
#include "tests/bench/calls.h"
#include "tests/bench/fail.h"
#include "tests/bench/floor.h"
#include "tests/bench/rounds.h"
#include "tests/vm/container.h"

#include <stdio.h>

#define PRESENT 10
#define ROUNDS_EACH 5

enum { START, END, N_OPERATIONS };

static const ContainerRuntime *runtime;

static Container *
start (const char *slice, const char *cgroup, guint i, gint64 *ret_usec)
{
  g_autofree char *id = g_strdup_printf ("bench%u", i);
  gint64 before = g_get_monotonic_time ();
  Container *container = container_run (runtime, id, slice, cgroup, "{}");

  *ret_usec = g_get_monotonic_time () - before;
  return container;
}

static gint64
end (Container *container)
{
  gint64 before = g_get_monotonic_time ();

  container_delete (container);
  container_free (container);
  return g_get_monotonic_time () - before;
}

static void
run_ours (Bench *bench, guint i, gint64 *ret_usec)
{
  g_autofree char *uid = g_strdup_printf ("runtime%u", i);
  g_autofree char *slice = NULL;
  g_autofree char *cgroup = NULL;
  gint64 before = g_get_monotonic_time ();
  g_autoptr (GVariant) reply = connection_call (bench->bus, calls_new_create_pod (bench->bus, uid));
  gint64 pod = g_get_monotonic_time () - before;
  Container *container;

  g_variant_get (reply, "(oss)", NULL, &slice, &cgroup);
  container = start (slice, cgroup, i, &ret_usec[START]);
  ret_usec[START] += pod;
  ret_usec[END] = end (container);
  ret_usec[END] += connection_time_call (bench->bus, calls_new_remove_pod (bench->bus, uid));
}

static void
run_floor (Bench *bench, guint i, gint64 *ret_usec)
{
  g_autofree char *slice = g_strdup_printf ("machine-runtime%u.slice", i);
  g_autofree char *cgroup = g_strdup_printf ("/machine.slice/%s", slice);
  Container *container = start (slice, cgroup, i, &ret_usec[START]);

  ret_usec[END] = end (container);
  ret_usec[END] += connection_time_job (bench->bus, floor_new_stop (bench->bus, slice));
}

static void
run_with (Bench *bench, guint pods)
{
  static const Aim none[N_OPERATIONS];
  g_autofree char *started = g_strdup_printf ("pod and container by %s", runtime->program);
  g_autofree char *ended = g_strdup_printf ("both removed, by %s", runtime->program);
  const char *const operations[N_OPERATIONS] = { g_intern_string (started),
                                                 g_intern_string (ended) };
  const Rounds rounds = { run_ours, run_floor, N_OPERATIONS, operations, none };

  rounds_run (bench, &rounds, MAX (bench->rounds / ROUNDS_EACH, 2), pods);
}

static gboolean
is_installed (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);

  return path != NULL;
}

static void
run (Bench *bench)
{
  guint pods = bench_scale (bench, PRESENT);

  population_set (bench->population, pods);
  for (guint i = 0; i < CONTAINER_RUNTIMES; i++) {
    runtime = &container_runtimes[i];
    if (!runtime->is_systemd)
      continue;
    if (is_installed (runtime->program)) {
      run_with (bench, pods);
    } else {
      g_autofree char *remark =
          g_strdup_printf ("runtimes: %s is not in the root file system", runtime->program);

      report_add_remark (bench->report, remark);
    }
  }
}

const Part part_runtimes = { "runtimes", NULL, run };
