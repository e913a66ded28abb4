/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OomKilled: each kill once, of the right container, and not more often than one can listen.
 */
#include "tests/dbus/fake-thread.h"
#include "tests/dbus/join.h"
#include "tests/dbus/signals.h"

#include <signal.h>
#include <string.h>

#define LEAF JOIN_POD "/" JOIN_APP
#define RUNTIME JOIN_POD "/crio-1.scope"
#define OTHER JOIN_POD "/crio-2.scope"
#define FOREIGN "/machine.slice/machine-podf.slice"

static void
kill_in (Fixture *fixture, const char *cgroup, guint n_kills)
{
  fake_kernel_count_kills (fixture->kernel, cgroup, n_kills);
}

/* More than the pause between two looks. */
static void
run_for (guint msec)
{
  gint64 end = g_get_monotonic_time () + (gint64) msec * 1000;

  while (g_get_monotonic_time () < end)
    fixture_iterate ();
}

/* Nothing else was told of kills. */
static void
assert_told (Signals *signals, const char *expected)
{
  if (expected != NULL)
    signals_wait (signals, expected);
  run_for (500);
  g_assert_cmpuint (signals_count (signals, "OomKilled"), ==, expected != NULL ? 1 : 0);
  if (expected != NULL)
    g_assert_cmpuint (signals_count (signals, expected), ==, 1);
  signals_forget (signals);
}

static void
join_app (Fixture *fixture)
{
  join_one (fixture, "app", join_start_process (fixture), "{}");
}

static void
test_container (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);

  join_app (fixture);
  kill_in (fixture, LEAF, 1);
  signals_wait (signals, "OomKilled");
  assert_told (signals, "OomKilled ('a', 'app', 1)");
  kill_in (fixture, LEAF, 3);
  assert_told (signals, "OomKilled ('a', 'app', 3)");
  /* Other news of the file. */
  fake_kernel_write (fixture->kernel, LEAF, "memory.events", "low 0\nhigh 5\nmax 9\noom_kill 4");
  fake_kernel_write (fixture->kernel, JOIN_POD, "memory.events", "low 0\nmax 9\noom_kill 4");
  assert_told (signals, NULL);
}

/* What a runtime made goes by its cgroup's name; the pod itself has none. */
static void
test_runtime (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);

  fake_kernel_make_cgroup (fixture->kernel, RUNTIME "/container");
  kill_in (fixture, RUNTIME "/container", 2);
  assert_told (signals, "OomKilled ('a', 'crio-1.scope', 2)");
  kill_in (fixture, JOIN_POD, 1);
  assert_told (signals, "OomKilled ('a', '', 1)");
}

static gboolean
is_stopped (Fixture *fixture)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/stat", g_subprocess_get_identifier (fixture->daemon));
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && strstr (text, ") T ") != NULL;
}

/* Its last process was killed, and the container is gone before anybody can look. */
static void
test_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);

  join_app (fixture);
  fake_kernel_make_cgroup (fixture->kernel, OTHER);
  run_for (300);
  fake_lock ();
  kill_in (fixture, LEAF, 1);
  fake_systemd_stop_unit (fixture->systemd, JOIN_APP);
  fake_unlock ();
  assert_told (signals, "OomKilled ('a', 'app', 1)");
  /* One that nobody has ever seen. */
  g_subprocess_send_signal (fixture->daemon, SIGSTOP);
  fixture_wait (is_stopped (fixture));
  fake_kernel_make_cgroup (fixture->kernel, RUNTIME);
  kill_in (fixture, RUNTIME, 1);
  fake_kernel_remove_cgroup (fixture->kernel, RUNTIME);
  g_subprocess_send_signal (fixture->daemon, SIGCONT);
  assert_told (signals, "OomKilled ('a', '', 1)");
  /* And one that is made anew counts from 0. */
  join_app (fixture);
  kill_in (fixture, LEAF, 1);
  assert_told (signals, "OomKilled ('a', 'app', 1)");
}

static guint64
sum_kills (Signals *signals)
{
  const GPtrArray *list = signals_get (signals);
  guint64 sum = 0;

  for (guint i = 0; i < list->len; i++) {
    const char *text = g_ptr_array_index (list, i);

    if (g_str_has_prefix (text, "OomKilled"))
      sum += g_ascii_strtoull (strstr (text, "'app', ") + strlen ("'app', "), NULL, 10);
  }
  return sum;
}

static void
test_storm (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);
  gint64 begin = g_get_monotonic_time ();
  guint n = 0;

  join_app (fixture);
  while (g_get_monotonic_time () - begin < 2 * G_USEC_PER_SEC) {
    kill_in (fixture, LEAF, 1);
    n++;
    fixture_iterate ();
  }
  fixture_wait (sum_kills (signals) == n);
  g_test_message ("%u kills, %u signals", n, signals_count (signals, "OomKilled"));
  g_assert_cmpuint (n, >, 100);
  g_assert_cmpuint (signals_count (signals, "OomKilled"), <=,
                    (g_get_monotonic_time () - begin) / (200 * 1000) + 2);
}

/* While there was no daemon; but what was told is not told again. */
static void
test_restart (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);

  join_app (fixture);
  kill_in (fixture, LEAF, 1);
  assert_told (signals, "OomKilled ('a', 'app', 1)");
  fixture_kill_daemon (fixture);
  kill_in (fixture, LEAF, 2);
  fixture_start_daemon (fixture);
  assert_told (signals, "OomKilled ('a', 'app', 2)");
  fixture_stop_daemon (fixture);
  fixture_start_daemon (fixture);
  assert_told (signals, NULL);
  kill_in (fixture, LEAF, 1);
  assert_told (signals, "OomKilled ('a', 'app', 1)");
}

/* The first kill of all comes while there is no daemon, and takes the container with it. */
static void
test_restart_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);

  join_app (fixture);
  fixture_kill_daemon (fixture);
  kill_in (fixture, LEAF, 2);
  fake_systemd_stop_unit (fixture->systemd, JOIN_APP);
  fixture_start_daemon (fixture);
  assert_told (signals, "OomKilled ('a', '', 2)");
}

/* An update writes another file of the pod meanwhile. */
static void
test_update (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);
  FakeFault delay = {
    .method = "SetUnitProperties",
    .kind = FAKE_FAULT_DELAY,
    .msec = 500,
    .times = 1,
  };

  join_app (fixture);
  fake_systemd_add_fault (fixture->systemd, &delay);
  g_dbus_connection_call (fixture->connection, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                          "UpdatePod", g_variant_new_parsed ("('a', {'CPULimit': <'2'>})"), NULL, 0,
                          -1, NULL, NULL, NULL);
  fixture_wait (fixture_has_file (fixture, "a.updating"));
  kill_in (fixture, LEAF, 1);
  signals_wait (signals, "OomKilled ('a', 'app', 1)");
  g_assert_true (fixture_has_file (fixture, "a.updating"));
  fixture_wait (!fixture_has_file (fixture, "a.updating"));
  assert_told (signals, "OomKilled ('a', 'app', 1)");
  fixture_stop_daemon (fixture);
  fixture_start_daemon (fixture);
  assert_told (signals, NULL);
}

/* Nobody hears what is told without a bus. */
static void
test_bus (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = NULL;

  join_app (fixture);
  fixture_stop_bus (fixture);
  run_for (100);
  kill_in (fixture, LEAF, 1);
  run_for (300);
  fixture_start_bus (fixture);
  signals = signals_new (fixture);
  signals_wait (signals, "OomKilled");
  assert_told (signals, "OomKilled ('a', 'app', 1)");
}

static void
test_removed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);

  join_app (fixture);
  kill_in (fixture, LEAF, 1);
  fixture_must_remove (fixture, "a");
  assert_told (signals, "OomKilled ('a', 'app', 1)");
}

/* Whatever was before is its maker's. */
static void
test_foreign (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);

  fixture_stop_daemon (fixture);
  fake_systemd_start_unit (fixture->systemd, "machine-podf.slice", "Somebody's");
  kill_in (fixture, FOREIGN, 5);
  fixture_start_daemon (fixture);
  assert_told (signals, NULL);
  kill_in (fixture, FOREIGN, 1);
  assert_told (signals, "OomKilled ('f', '', 1)");
}

/* Watching many pods takes no more descriptors than watching one. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);
  guint before = fixture_count_descriptors (fixture);

  for (guint i = 0; i < 100; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);

    g_free (fixture_must_create (fixture, uid, "{}"));
  }
  g_assert_cmpuint (fixture_count_descriptors (fixture), <=, before + 2);
  for (guint i = 0; i < 100; i++) {
    g_autofree char *cgroup = g_strdup_printf (
        "/machine.slice/machine-besteffort.slice/machine-besteffort-podp%u.slice", i);

    kill_in (fixture, cgroup, 1);
  }
  fixture_wait (signals_count (signals, "OomKilled") == 100);
  g_assert_cmpuint (signals_count (signals, "OomKilled ('p77', '', 1)"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/oom/container", test_container);
  JOIN_TEST ("/oom/runtime", test_runtime);
  JOIN_TEST ("/oom/gone", test_gone);
  JOIN_TEST ("/oom/storm", test_storm);
  JOIN_TEST ("/oom/restart", test_restart);
  JOIN_TEST ("/oom/restart-gone", test_restart_gone);
  JOIN_TEST ("/oom/update", test_update);
  JOIN_TEST ("/oom/bus", test_bus);
  JOIN_TEST ("/oom/removed", test_removed);
  JOIN_TEST ("/oom/foreign", test_foreign);
  JOIN_TEST ("/oom/many", test_many);
  return g_test_run ();
}
