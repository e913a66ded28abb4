/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slices of others under our root, and slices of ours that others stop or remove, on a real
 * systemd.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <string.h>

#define BURSTABLE "/machine.slice/machine-burstable.slice"
#define SLICE "machine-burstable-podf_1.slice"
#define CGROUP BURSTABLE "/" SLICE
#define OURS BURSTABLE "/machine-burstable-podp.slice"
#define SPEC "{'CPULimit': <'500m'>, 'PidsLimit': <uint64 50>}"

static gboolean
is_listed (const char *uid, const char *state)
{
  g_autoptr (GVariant) reply = client_call ("ListPods", "()");
  g_autofree char *text = g_variant_print (reply, FALSE);
  g_autofree char *begin = g_strdup_printf ("('%s', ", uid);
  const char *at = strstr (text, begin);
  g_autofree char *entry = at != NULL ? g_strndup (at, strcspn (at, ")")) : NULL;

  return entry != NULL && strstr (entry, state) != NULL;
}

static void
assert_access_denied (const char *method, const char *arguments)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (
      client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NAME, method, arguments, &error));
  client_assert_error (method, error, "org.freedesktop.DBus.Error.AccessDenied");
  g_assert_nonnull (strstr (error->message, SLICE));
}

/* A transient slice around a process, as systemd-run or a runtime makes it, is listed as long as it
 * is there, and nothing is done to it. */
static void
test_systemd_run (void)
{
  g_autofree char *join = NULL;
  g_autofree char *message = NULL;
  g_autofree char *list = NULL;
  g_autoptr (GVariant) stats = NULL;

  g_free (machine_run ("systemd-run --collect --unit=stranger --slice=%s sleep infinity", SLICE));
  machine_wait_until (is_listed ("f-1", "foreign"));
  client_wait_for ("f-1", "ControlGroup", CGROUP);
  message = client_fail ("PodExists", "CreatePod", "('f-1', {'CPULimit': <'1'>})");
  g_assert_nonnull (strstr (message, SLICE));
  join = g_strdup_printf ("('f-1', 'a', [%s], {})", "2");
  assert_access_denied ("UpdatePod", "('f-1', {'CPULimit': <'1'>})");
  assert_access_denied ("RemovePod", "('f-1', {})");
  assert_access_denied ("JoinPod", join);
  stats = client_call ("GetPodStats", "('f-1', {})");
  daemon_restart ();
  g_assert_true (is_listed ("f-1", "foreign"));
  machine_assert_shown (NULL, "stranger.service", "ActiveState=active");
  machine_assert_shown (NULL, SLICE, "ActiveState=active CPUQuotaPerSecUSec=infinity");
  g_free (machine_run ("systemctl stop stranger.service %s", SLICE));
  machine_wait_until (!is_listed ("f-1", "foreign"));
  g_free (client_create_pod ("f-1", SPEC));
  machine_assert_shown (NULL, SLICE, "CPUQuotaPerSecUSec=500ms");
  client_remove_all ();
}

/* What only has a file is in the way, and said so at once. */
static void
test_installed (void)
{
  gint64 begin;
  g_autofree char *message = NULL;

  g_free (machine_run ("printf '[Unit]\\nDescription=Installed\\n[Slice]\\nTasksMax=5\\n' "
                       "> /run/systemd/system/%s && systemctl daemon-reload",
                       SLICE));
  begin = g_get_monotonic_time ();
  message = client_fail ("PodExists", "CreatePod", "('f-1', %s)", SPEC);
  g_assert_nonnull (strstr (message, "Installed"));
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 10 * G_USEC_PER_SEC);
  g_free (machine_run ("rm /run/systemd/system/%s && systemctl daemon-reload", SLICE));
  g_free (client_create_pod ("f-1", SPEC));
  client_remove_all ();
}

/* A plain directory, without systemd. */
static void
test_directory (void)
{
  g_free (client_create_pod ("p", SPEC));
  g_free (machine_run ("mkdir %s%s", ncg_hierarchy_get_primary (machine_get_hierarchy ())->mount,
                       CGROUP));
  machine_wait_until (is_listed ("f-1", "foreign"));
  g_free (machine_run ("rmdir %s%s", ncg_hierarchy_get_primary (machine_get_hierarchy ())->mount,
                       CGROUP));
  machine_wait_until (!is_listed ("f-1", "foreign"));
  client_remove_all ();
}

static void
assert_settings (void)
{
  g_autofree char *wrong = client_verify_pod ("p");

  g_assert_cmpstr (wrong, ==, "");
  machine_assert_shown (NULL, "machine-burstable-podp.slice",
                        "ActiveState=active CPUQuotaPerSecUSec=500ms TasksMax=50");
}

static void
test_vanished (void)
{
  const char *mount = ncg_hierarchy_get_primary (machine_get_hierarchy ())->mount;
  g_autofree char *rmdir = g_strconcat ("rmdir ", mount, OURS, NULL);
  const char *const ends[] = { "systemctl stop machine-burstable-podp.slice", rmdir };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++) {
    const char *line = ends[i];

    g_test_message ("%s", line);
    g_free (client_create_pod ("p", SPEC));
    g_free (machine_run ("%s", line));
    client_wait_for ("p", "State", "vanished");
    g_free (client_create_pod ("p", SPEC));
    client_wait_for ("p", "State", "active");
    assert_settings ();
    g_free (machine_run ("%s", line));
    client_wait_for ("p", "State", "vanished");
    client_remove_pod ("p");
    g_assert_false (machine_has_cgroup (OURS));
    g_assert_false (machine_try ("systemctl is-active machine-burstable-podp.slice"));
  }
}

/* Stopped right behind a join, and made anew by systemd for what is started in it next. */
static void
test_made_anew (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();

  g_free (client_create_pod ("p", SPEC));
  g_free (client_join_pod ("p", "main", first->pid, "{}"));
  g_free (machine_run ("systemctl stop machine-burstable-podp.slice; "
                       "systemd-run --collect --unit=stranger --slice=machine-burstable-podp.slice "
                       "sleep infinity"));
  machine_wait_until (is_listed ("p", "vanished") || is_listed ("p", "active"));
  if (is_listed ("p", "vanished"))
    g_free (client_create_pod ("p", SPEC));
  machine_wait_until (machine_has_cgroup (OURS) && machine_read_number (OURS, "pids.max") == 50);
  g_free (client_join_pod ("p", "main", second->pid, "{}"));
  g_free (machine_run ("systemctl stop stranger.service"));
  client_remove_all ();
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/foreign/systemd-run", test_systemd_run);
  g_test_add_func ("/foreign/installed", test_installed);
  g_test_add_func ("/foreign/directory", test_directory);
  g_test_add_func ("/foreign/vanished", test_vanished);
  g_test_add_func ("/foreign/made-anew", test_made_anew);
  return g_test_run ();
}
