/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a daemon finds at its start: files, slices, and what does not fit.
 */
#include "tests/dbus/fake-thread.h"
#include "tests/dbus/fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SLICE "machine-burstable-poda.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE
#define SPEC "{'CPULimit': <'500m'>, 'Labels': <{'app': 'web'}>}"

static void
create (Fixture *fixture)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", SPEC);

  g_assert_cmpstr (slice, ==, SLICE);
}

static void
stop (Fixture *fixture)
{
  fixture_stop_daemon (fixture);
  fake_systemd_forget_calls (fixture->systemd);
}

static guint
count_pods (Fixture *fixture)
{
  g_autoptr (GVariant) count =
      fixture_get_property (fixture, MANAGER_PATH, MANAGER_INTERFACE, "PodCount");

  return g_variant_get_uint32 (count);
}

static guint
count_calls (Fixture *fixture, const char *method)
{
  return fake_systemd_count_calls (fixture->systemd, method, SLICE);
}

static void
rename_file (Fixture *fixture, const char *from, const char *to)
{
  g_autofree char *directory = g_strconcat (fixture->root, "/run/nodecgroups/pods/", NULL);
  g_autofree char *old = g_strconcat (directory, from, NULL);
  g_autofree char *new = g_strconcat (directory, to, NULL);

  g_assert_cmpint (g_rename (old, new), ==, 0);
}

/* A copy of the pod's file, with one text in it replaced; as files were that had no sum. */
static void
copy_file (Fixture *fixture, const char *to, const char *find, const char *replacement)
{
  g_autofree char *text = fixture_read_file (fixture, "a.pod");
  g_auto (GStrv) parts = g_strsplit (text, find, 2);
  g_autofree char *changed = NULL;
  g_autofree char *without_sum = NULL;

  g_assert_cmpuint (g_strv_length (parts), ==, 2);
  changed = g_strjoinv (replacement, parts);
  without_sum = g_strconcat ("nodecgroups-pod 1", strchr (changed, '\n'), NULL);
  fixture_write_file (fixture, to, without_sum);
}

static void
assert_quota (Fixture *fixture, const char *expected)
{
  g_autofree char *quota = fake_kernel_read (fixture->kernel, CGROUP, "cpu.max");

  g_assert_cmpstr (quota, ==, expected);
}

static char *
get_all (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call_object (fixture, MANAGER_PATH "/pod/a", "org.freedesktop.DBus.Properties",
                           "GetAll", g_variant_new ("(s)", POD_INTERFACE), &error);

  g_assert_no_error (error);
  return g_variant_print (reply, FALSE);
}

/* Nothing of it changes, and systemd is not asked for what is there. */
static void
test_known_again (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  create (fixture);
  before = get_all (fixture);
  stop (fixture);
  g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE));
  fixture_start_daemon (fixture);
  after = get_all (fixture);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpuint (count_calls (fixture, "StartTransientUnit"), ==, 0);
  g_assert_cmpuint (count_calls (fixture, "SetUnitProperties"), ==, 0);
  create (fixture);
}

static void
test_vanished (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  fake_systemd_stop_unit (fixture->systemd, SLICE);
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "vanished"));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
  create (fixture);
  assert_quota (fixture, "50000 100000");
}

static void
test_changed_meanwhile (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  fake_kernel_write (fixture->kernel, CGROUP, "cpu.max", "70000 100000");
  fixture_start_daemon (fixture);
  assert_quota (fixture, "50000 100000");
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
}

/* systemd has read its units anew, or was away. */
static void
test_changed_at_reload (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  fake_lock ();
  fake_kernel_write (fixture->kernel, CGROUP, "cpu.max", "70000 100000");
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "cpu.max");
  fake_systemd_reload (fixture->systemd);
  fake_kernel_take_writes (fixture->kernel, SLICE, "cpu.max");
  fake_unlock ();
  fixture_wait (count_calls (fixture, "SetUnitProperties") > 0);
  assert_quota (fixture, "50000 100000");
}

static void
test_creating (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  /* As it was asked for, and systemd did it. */
  rename_file (fixture, "a.pod", "a.creating");
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  g_assert_false (fixture_has_file (fixture, "a.creating"));
  g_assert_true (fixture_has_file (fixture, "a.pod"));
  stop (fixture);
  /* And systemd did not do it. */
  rename_file (fixture, "a.pod", "a.creating");
  fake_systemd_stop_unit (fixture->systemd, SLICE);
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  assert_quota (fixture, "50000 100000");
  g_assert_false (fixture_has_file (fixture, "a.creating"));
}

static void
test_creating_and_pod (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  copy_file (fixture, "a.creating", "uint64 500", "uint64 700");
  fixture_start_daemon (fixture);
  g_assert_cmpuint (count_pods (fixture), ==, 1);
  assert_quota (fixture, "50000 100000");
  g_assert_false (fixture_has_file (fixture, "a.creating"));
  g_assert_cmpuint (count_calls (fixture, "StartTransientUnit"), ==, 0);
}

/* Somebody else has taken the name. */
static void
test_creating_foreign (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  rename_file (fixture, "a.pod", "a.creating");
  fake_systemd_stop_unit (fixture->systemd, SLICE);
  fake_systemd_start_unit (fixture->systemd, SLICE, "Somebody's");
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
  g_assert_false (fixture_has_file (fixture, "a.creating"));
  g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_cmpuint (count_calls (fixture, "StopUnit"), ==, 0);
  g_assert_cmpuint (count_calls (fixture, "SetUnitProperties"), ==, 0);
}

static void
test_updating (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  copy_file (fixture, "a.updating", "uint64 500", "uint64 700");
  fixture_start_daemon (fixture);
  assert_quota (fixture, "70000 100000");
  g_assert_false (fixture_has_file (fixture, "a.updating"));
  stop (fixture);
  fixture_start_daemon (fixture);
  g_assert_cmpuint (count_calls (fixture, "SetUnitProperties"), ==, 0);
  assert_quota (fixture, "70000 100000");
}

/* What cannot be applied is dropped: it must not come back with the next start, or be taken for a
 * change of another pod of that uid. */
static void
test_updating_in_vain (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  copy_file (fixture, "a.updating", "'Labels': <{'app': 'web'}>", "'CPUSet': <'17'>");
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  assert_quota (fixture, "50000 100000");
  g_assert_false (fixture_has_file (fixture, "a.updating"));
}

static void
test_updating_without_pod (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  rename_file (fixture, "a.pod", "a.updating");
  fixture_start_daemon (fixture);
  g_assert_cmpuint (count_pods (fixture), ==, 0);
  g_assert_false (fixture_has_file (fixture, "a.updating"));
}

static void
assert_removed (Fixture *fixture)
{
  g_assert_cmpuint (count_pods (fixture), ==, 0);
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_false (fixture_has_file (fixture, "a.pod"));
  g_assert_false (fixture_has_file (fixture, "a.removing"));
}

static void
test_removing (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  rename_file (fixture, "a.pod", "a.removing");
  fixture_start_daemon (fixture);
  assert_removed (fixture);
  create (fixture);
  stop (fixture);
  rename_file (fixture, "a.pod", "a.removing");
  fake_systemd_stop_unit (fixture->systemd, SLICE);
  fixture_start_daemon (fixture);
  assert_removed (fixture);
}

/* No daemon leaves such files. */
static void
test_all_phases (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  copy_file (fixture, "a.creating", "uint64 500", "uint64 600");
  copy_file (fixture, "a.updating", "uint64 500", "uint64 700");
  copy_file (fixture, "a.removing", "uint64 500", "uint64 800");
  fixture_start_daemon (fixture);
  assert_removed (fixture);
  g_assert_false (fixture_has_file (fixture, "a.creating"));
  g_assert_false (fixture_has_file (fixture, "a.updating"));
  create (fixture);
  fixture_must_remove (fixture, "a");
}

/* A slice that only the killed daemon knew of, and others that look alike. */
static void
test_strays (Fixture *fixture, gconstpointer data)
{
  static const char *const slices[] = {
    "machine-burstable-podb.slice",
    "machine-podc.slice",
    "machine-besteffort-podd.slice",
  };

  stop (fixture);
  fake_systemd_start_unit (fixture->systemd, slices[0], "NodeCgroups: pod b");
  fake_systemd_start_unit (fixture->systemd, slices[1], "NodeCgroups: pod c");
  fake_systemd_start_unit (fixture->systemd, slices[2], "Somebody's");
  fake_processes_start (fake_kernel_get_processes (fixture->kernel),
                        "/machine.slice/machine-podc.slice");
  fixture_start_daemon (fixture);
  g_assert_false (fake_systemd_has_unit (fixture->systemd, slices[0]));
  g_assert_true (fake_systemd_has_unit (fixture->systemd, slices[1]));
  g_assert_true (fake_systemd_has_unit (fixture->systemd, slices[2]));
}

static void
test_containers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) containers = NULL;
  g_autofree char *text = NULL;

  create (fixture);
  stop (fixture);
  copy_file (fixture, "a.pod", "@a(ssba{sv}) []",
             "[('app', 'poda-app.scope', true, {'PidsLimit': <uint64 5>}), "
             "('gone', 'poda-gone.scope', true, @a{sv} {})]");
  fake_kernel_make_cgroup (fixture->kernel, CGROUP "/poda-app.scope");
  fake_kernel_make_cgroup (fixture->kernel, CGROUP "/poda-unknown.scope");
  fake_kernel_make_cgroup (fixture->kernel, CGROUP "/crio-1.scope");
  fixture_start_daemon (fixture);
  containers = fixture_get_pod_property (fixture, "a", "Containers");
  text = g_variant_print (containers, FALSE);
  g_assert_cmpstr (text, ==,
                   "[('app', 'poda-app.scope', '" CGROUP "/poda-app.scope', 'active'), "
                   "('unknown', 'poda-unknown.scope', '" CGROUP "/poda-unknown.scope', "
                   "'active')]");
}

static void
set_mode (Fixture *fixture, const char *cgroup, int mode)
{
  g_autofree char *directory = g_strconcat (fixture->root, "/sys/fs/cgroup", cgroup, NULL);

  g_assert_cmpint (g_chmod (directory, mode), ==, 0);
}

static gboolean
has_containers (Fixture *fixture, const char *expected)
{
  g_autoptr (GVariant) containers = fixture_get_pod_property (fixture, "a", "Containers");
  g_autofree char *text = g_variant_print (containers, FALSE);

  g_test_message ("%s", text);
  return g_str_equal (text, expected);
}

/* A cgroup that cannot be opened or listed, for whatever reason, is not gone. */
static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  static const char leaves[] = "[('app', 'poda-app.scope', '" CGROUP "/poda-app.scope', 'active')]";
  static const char *const barred[] = { "/machine.slice/machine-burstable.slice", CGROUP };

  create (fixture);
  stop (fixture);
  copy_file (fixture, "a.pod", "@a(ssba{sv}) []", "[('app', 'poda-app.scope', false, @a{sv} {})]");
  fake_kernel_make_cgroup (fixture->kernel, CGROUP "/poda-app.scope");
  fixture->is_barred = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (barred); i++) {
    set_mode (fixture, barred[i], 0);
    fixture_start_daemon (fixture);
    g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
    g_assert_true (has_containers (fixture, leaves));
    set_mode (fixture, barred[i], 0755);
    stop (fixture);
  }
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  g_assert_true (has_containers (fixture, leaves));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/recovery/known-again", test_known_again);
  FIXTURE_TEST ("/recovery/vanished", test_vanished);
  FIXTURE_TEST ("/recovery/changed-meanwhile", test_changed_meanwhile);
  FIXTURE_TEST ("/recovery/changed-at-reload", test_changed_at_reload);
  FIXTURE_TEST ("/recovery/creating", test_creating);
  FIXTURE_TEST ("/recovery/creating-and-pod", test_creating_and_pod);
  FIXTURE_TEST ("/recovery/creating-foreign", test_creating_foreign);
  FIXTURE_TEST ("/recovery/updating", test_updating);
  FIXTURE_TEST ("/recovery/updating-in-vain", test_updating_in_vain);
  FIXTURE_TEST ("/recovery/updating-without-pod", test_updating_without_pod);
  FIXTURE_TEST ("/recovery/removing", test_removing);
  FIXTURE_TEST ("/recovery/all-phases", test_all_phases);
  FIXTURE_TEST ("/recovery/strays", test_strays);
  FIXTURE_TEST ("/recovery/containers", test_containers);
  FIXTURE_TEST ("/recovery/unreadable", test_unreadable);
  return g_test_run ();
}
