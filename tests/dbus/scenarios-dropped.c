/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The operations, and VerifyPod, which has to tell afterwards.
 */
#include "tests/dbus/scenarios-dropped.h"

#include "tests/dbus/container.h"

#define SLICE "machine-burstable-poda.slice"
#define ZSWAP_SPEC                                                                                 \
  "{'CPULimit': <'500m'>, 'SystemdProperties': <[('MemoryZSwapMax', <uint64 4096>)]>}"

static pid_t process; /* of the joins */

static void
create (Fixture *fixture)
{
  g_free (fixture_must_create (fixture, "a", "{'CPULimit': <'500m'>}"));
}

static void
create_and_start (Fixture *fixture)
{
  create (fixture);
  fake_kernel_make_cgroup (fixture->kernel, JOIN_OUTSIDE);
  process = fake_processes_start (fake_kernel_get_processes (fixture->kernel), JOIN_OUTSIDE);
}

/* This systemd does not know one of the properties, which is left out. */
static void
hide (Fixture *fixture)
{
  fixture->option = "--drop-unknown-properties";
  fake_systemd_hide_property (fixture->systemd, "MemoryZSwapMax");
}

/* VerifyPod says so of @unit, whatever became of who left it out. */
static void
assert_dropped (Fixture *fixture, const char *unit)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call (fixture, "VerifyPod", g_variant_new ("(s)", "a"), &error);
  g_autoptr (GVariantIter) rows = NULL;
  const char *cgroup, *setting;
  gboolean ok, is_dropped = FALSE;

  g_assert_no_error (error);
  g_variant_get (reply, "(a(ssssb))", &rows);
  while (g_variant_iter_next (rows, "(&s&s&s&sb)", &cgroup, &setting, NULL, NULL, &ok))
    is_dropped |= !ok && g_str_has_suffix (cgroup, unit) && g_str_equal (setting, "MemoryZSwapMax");
  g_assert_true (is_dropped);
}

static void
begin_create_dropped (Fixture *fixture, Calls *calls)
{
  calls_add (calls, "CreatePod", "a", ZSWAP_SPEC);
}

static void
create_dropped (Fixture *fixture)
{
  g_free (fixture_must_create (fixture, "a", ZSWAP_SPEC));
  assert_dropped (fixture, SLICE);
}

static void
create_and_hide (Fixture *fixture)
{
  create (fixture);
  hide (fixture);
}

static void
begin_update_dropped (Fixture *fixture, Calls *calls)
{
  calls_add (calls, "UpdatePod", "a", ZSWAP_SPEC);
}

static void
update_dropped (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture_update (fixture, "a", ZSWAP_SPEC, &error);
  g_assert_no_error (error);
  assert_dropped (fixture, SLICE);
}

static void
create_start_and_hide (Fixture *fixture)
{
  create_and_start (fixture);
  hide (fixture);
}

static void
begin_join_dropped (Fixture *fixture, Calls *calls)
{
  calls_begin (calls, "JoinPod", join_arguments ("app", &process, 1, ZSWAP_SPEC));
}

static void
join_dropped (Fixture *fixture)
{
  join_one (fixture, "app", process, ZSWAP_SPEC);
  assert_dropped (fixture, JOIN_APP);
}

static void
begin_create_container_dropped (Fixture *fixture, Calls *calls)
{
  calls_begin (calls, "CreateContainer", container_arguments ("db", ZSWAP_SPEC));
}

static void
create_container_dropped (Fixture *fixture)
{
  container_must_create (fixture, ZSWAP_SPEC);
  assert_dropped (fixture, CONTAINER_UNIT);
}

static void
create_both_and_hide (Fixture *fixture)
{
  create (fixture);
  container_must_create (fixture, "{'PidsLimit': <uint64 5>}");
  hide (fixture);
}

static void
begin_update_container_dropped (Fixture *fixture, Calls *calls)
{
  calls_begin (calls, "UpdateContainer", container_arguments ("db", ZSWAP_SPEC));
}

static void
update_container_dropped (Fixture *fixture)
{
  container_must (fixture, "UpdateContainer", ZSWAP_SPEC);
  assert_dropped (fixture, CONTAINER_UNIT);
}

static void
hide_and_create_both (Fixture *fixture)
{
  fixture_stop_daemon (fixture);
  hide (fixture);
  fixture_start_daemon (fixture);
  g_free (fixture_must_create (fixture, "a", ZSWAP_SPEC));
  container_must_create (fixture, ZSWAP_SPEC);
}

/* One that does not know it either, and is asked. */
static void
leave_to_another (Fixture *fixture)
{
  fake_systemd_set_version (fixture->systemd, "253.5");
}

static void
assert_both_dropped (Fixture *fixture)
{
  assert_dropped (fixture, SLICE);
  assert_dropped (fixture, CONTAINER_UNIT);
}

static const Scenario scenarios[] = {
  { "create-dropped", hide, NULL, begin_create_dropped, create_dropped },
  { "update-dropped", create_and_hide, NULL, begin_update_dropped, update_dropped },
  { "join-dropped", create_start_and_hide, NULL, begin_join_dropped, join_dropped },
  { "container-create-dropped", create_and_hide, NULL, begin_create_container_dropped,
    create_container_dropped },
  { "container-update-dropped", create_both_and_hide, NULL, begin_update_container_dropped,
    update_container_dropped },
  { "start-dropped", hide_and_create_both, leave_to_another, NULL, assert_both_dropped },
};

const Scenario *
scenarios_dropped_list (gsize *ret_n)
{
  *ret_n = G_N_ELEMENTS (scenarios);
  return scenarios;
}
