/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers that are created first and joined later, with either driver: what they are, that they
 * stay whatever happens to systemd and to the daemon, and that they go when they are removed.
 */
#include "lib/leaf-settle.h"
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>
#include <string.h>

#define SPEC "{'MemoryLimit': <'64Mi'>, 'PidsLimit': <uint64 30>}"
#define NOBODY "65534"
#define ROUNDS 12

static void
set_up (void)
{
  g_free (client_create_pod ("c-1", "{'CPURequest': <'100m'>}"));
}

static void
tear_down (void)
{
  client_remove_pod ("c-1");
}

/* (transfer full): its cgroup. @ret_unit: (nullable) */
static char *
create (const char *name, const char *spec, char **ret_unit)
{
  g_autoptr (GVariant) reply = client_call ("CreateContainer", "('c-1', '%s', %s)", name, spec);
  g_autofree char *unit = NULL;
  char *cgroup;

  g_variant_get (reply, "(ss)", &unit, &cgroup);
  g_assert_true (machine_has_cgroup (cgroup));
  if (ret_unit != NULL)
    *ret_unit = g_steal_pointer (&unit);
  return cgroup;
}

static void
update (const char *name, const char *spec)
{
  g_variant_unref (client_call ("UpdateContainer", "('c-1', '%s', %s)", name, spec));
}

static void
remove_container (const char *name, const char *options)
{
  g_variant_unref (client_call ("RemoveContainer", "('c-1', '%s', %s)", name, options));
}

static void
assert_verified (void)
{
  g_autofree char *bad = client_verify_pod ("c-1");

  g_assert_cmpstr (bad, ==, "");
}

static void
assert_state (const char *name, const char *state)
{
  g_autofree char *containers = client_get_of_pod ("c-1", "Containers");
  g_autofree char *begin = g_strdup_printf ("('%s', ", name);
  g_autofree char *end = g_strdup_printf (", '%s')", state);

  if (strstr (containers, begin) == NULL || strstr (containers, end) == NULL)
    machine_fail ("%s is not %s: %s", name, state, containers);
}

/* CPU time in ns. */
static guint64
read_usage (const char *name)
{
  g_autoptr (GVariant) reply = client_call ("GetPodStats", "('c-1', {'Containers': <true>})");
  g_autoptr (GVariant) stats = g_variant_get_child_value (reply, 0);
  g_autoptr (GVariant) all =
      g_variant_lookup_value (stats, "Containers", G_VARIANT_TYPE ("a{sa{sv}}"));
  g_autoptr (GVariant) one = g_variant_lookup_value (all, name, G_VARIANT_TYPE_VARDICT);
  guint64 value = 0;

  if (one == NULL || !g_variant_lookup (one, "CPUUsageNSec", "t", &value))
    machine_fail ("there are no figures of %s", name);
  return value;
}

static void
test_create (void)
{
  g_autofree char *unit = NULL;
  g_autofree char *cgroup = NULL;
  g_autofree char *again = NULL;
  g_autofree char *pod = NULL;

  set_up ();
  cgroup = create ("db", SPEC, &unit);
  again = create ("db", "{'MemoryLimit': <uint64 67108864>, 'PidsLimit': <'30'>}", NULL);
  g_assert_cmpstr (cgroup, ==, again);
  if (machine_has_systemd ()) {
    g_assert_cmpstr (unit, ==, "podc_1-db.service");
    machine_assert_shown (NULL, unit,
                          "ActiveState=active SubState=exited TasksMax=30 MemoryMax=67108864");
  } else {
    g_assert_cmpstr (unit, ==, cgroup);
  }
  pod = client_get_of_pod ("c-1", "ControlGroup");
  g_assert_true (g_str_has_prefix (cgroup, pod));
  machine_assert_files (cgroup, "pids.max=30;pids.current=0");
  assert_state ("db", "active");
  assert_verified ();
  g_free (client_fail ("ContainerExists", "CreateContainer", "('c-1', 'db', {})"));
  g_free (client_fail ("InvalidArgument", "CreateContainer",
                       "('c-1', 'x', {'QosClass': <'Burstable'>})"));
  g_free (client_fail ("NoSuchPod", "CreateContainer", "('c-2', 'db', {})"));
  tear_down ();
  g_assert_false (machine_has_cgroup (cgroup));
}

static void
reload (void)
{
  if (machine_has_systemd ())
    machine_reload_systemd ();
}

/* Empty, joined and empty again, over reloads of systemd and ends of the daemon. */
static void
test_stays (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();
  g_autofree char *cgroup = NULL;
  g_autofree char *leaf = NULL;

  set_up ();
  cgroup = create ("db", SPEC, NULL);
  reload ();
  daemon_crash ();
  assert_state ("db", "active");
  assert_verified ();
  leaf = client_join_pod ("c-1", "db", first->pid, "{}");
  g_assert_cmpstr (leaf, ==, cgroup);
  machine_assert_process_in (first->pid, cgroup);
  g_free (workload_ask (first, "burn 50"));
  workload_kill (first);
  g_clear_pointer (&first, workload_free);
  machine_wait_until (machine_read_number (cgroup, "pids.current") == 0);
  reload ();
  if (machine_has_systemd ())
    machine_reexecute_systemd ();
  daemon_crash ();
  g_usleep (2 * G_USEC_PER_SEC);
  assert_state ("db", "active");
  g_assert_cmpuint (read_usage ("db"), >=, 40000000);
  assert_verified ();
  g_free (create ("db", SPEC, NULL));
  g_free (client_join_pod ("c-1", "db", second->pid, SPEC));
  machine_assert_process_in (second->pid, cgroup);
  daemon_crash ();
  machine_assert_process_in (second->pid, cgroup);
  remove_container ("db", "{}");
  workload_wait_ended (second, SIGKILL);
  g_assert_false (machine_has_cgroup (cgroup));
  g_free (client_fail ("NoSuchContainer", "RemoveContainer", "('c-1', 'db', {})"));
  tear_down ();
}

static void
test_update (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (Workload) joined = workload_start ();
  g_autofree char *cgroup = NULL;
  g_autofree char *leaf = NULL;

  set_up ();
  cgroup = create ("db", SPEC, NULL);
  g_free (client_join_pod ("c-1", "db", workload->pid, "{}"));
  leaf = client_join_pod ("c-1", "app", joined->pid, "{'PidsLimit': <uint64 5>}");
  update ("db", "{'PidsLimit': <uint64 40>}");
  update ("app", "{'PidsLimit': <uint64 6>, 'MemoryLimit': <'32Mi'>}");
  machine_assert_files (cgroup, "pids.max=40");
  machine_assert_files (leaf, "pids.max=6");
  assert_verified ();
  reload ();
  daemon_crash ();
  machine_assert_files (cgroup, "pids.max=40");
  machine_assert_files (leaf, "pids.max=6");
  assert_verified ();
  g_free (create ("db", "{'MemoryLimit': <'64Mi'>, 'PidsLimit': <uint64 40>}", NULL));

  /* Too little for what it has, and then nothing changes. */
  g_free (workload_ask (workload, "grow %d", 32 * 1024 * 1024));
  g_free (client_fail ("Busy", "UpdateContainer",
                       "('c-1', 'db', {'MemoryLimit': <'16Mi'>, 'PidsLimit': <uint64 50>})"));
  machine_assert_files (cgroup, "pids.max=40");
  g_assert_true (workload_is_alive (workload));

  /* Whoever writes there is written over. */
  machine_write (cgroup, "pids.max", "3");
  machine_wait_until (machine_read_number (cgroup, "pids.max") == 40);
  g_free (client_fail ("NoSuchContainer", "UpdateContainer", "('c-1', 'none', {})"));
  tear_down ();
}

static void
test_remove (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (Workload) beside = workload_start ();
  g_autofree char *leaf = NULL;
  g_autofree char *other = NULL;

  set_up ();
  leaf = client_join_pod ("c-1", "app", workload->pid, "{}");
  other = create ("db", "{}", NULL);
  g_free (client_join_pod ("c-1", "db", beside->pid, "{}"));
  remove_container ("app", "{'GracePeriodUSec': <uint64 10000000>}");
  workload_wait_ended (workload, SIGTERM);
  g_assert_false (machine_has_cgroup (leaf));
  machine_assert_process_in (beside->pid, other);
  tear_down ();
  workload_wait_ended (beside, SIGKILL);
}

/* Its user manages what is in it, also after the daemon and its cgroup have been away. */
static void
test_delegated (void)
{
  static const char spec[] = "{'Delegate': <true>, 'User': <'" NOBODY "'>, 'PidsLimit': <'20'>}";
  const NcgTree *tree = ncg_leaf_find_delegable (machine_get_hierarchy (), NULL);
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *cgroup = NULL;
  g_autofree char *inside = NULL;
  g_autofree char *owner = NULL;

  set_up ();
  if (tree == NULL) {
    g_free (client_fail ("NotSupported", "CreateContainer", "('c-1', 'vm', %s)", spec));
    tear_down ();
    return;
  }
  cgroup = create ("vm", spec, NULL);
  daemon_crash ();
  for (guint i = 0; i < machine_get_hierarchy ()->trees->len; i++) {
    const NcgTree *each = g_ptr_array_index (machine_get_hierarchy ()->trees, i);
    g_autofree char *path = g_strconcat ("'", each->mount, cgroup, "'", NULL);

    g_free (machine_run ("test ! -d %s || rmdir %s", path, path));
  }
  g_free (client_join_pod ("c-1", "vm", workload->pid, "{'Subgroup': <'payload'>}"));
  inside = g_strconcat (cgroup, "/payload", NULL);
  machine_assert_process_in (workload->pid, inside);
  owner = machine_run ("stat -c %%u '%s%s/cgroup.procs'", tree->mount, cgroup);
  g_assert_cmpstr (owner, ==, NOBODY);
  machine_assert_files (cgroup, "pids.max=20");
  assert_verified ();
  g_free (client_fail ("InvalidArgument", "UpdateContainer", "('c-1', 'vm', {'User': <'0'>})"));
  tear_down ();
}

/* Somebody stops it, or restarts it: then the unit is there, and the cgroup is not. */
static void
test_vanished (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *cgroup = NULL;
  g_autofree char *unit = NULL;

  if (!machine_has_systemd ())
    return;
  set_up ();
  cgroup = create ("db", SPEC, &unit);
  g_free (machine_run ("systemctl stop %s", unit));
  client_wait_for ("c-1", "Containers", "[('db', 'podc_1-db.service', '', 'vanished')]");
  g_free (client_join_pod ("c-1", "db", workload->pid, "{}"));
  machine_assert_process_in (workload->pid, cgroup);
  assert_verified ();
  g_free (machine_run ("systemctl stop %s", unit));
  client_wait_for ("c-1", "Containers", "[('db', 'podc_1-db.service', '', 'vanished')]");
  daemon_crash ();
  assert_state ("db", "vanished");
  g_free (create ("db", "{}", NULL));
  assert_state ("db", "active");
  g_free (machine_run ("systemctl restart %s", unit));
  client_wait_for ("c-1", "Containers", "[('db', 'podc_1-db.service', '', 'vanished')]");
  g_free (create ("db", "{}", NULL));
  assert_verified ();
  remove_container ("db", "{}");
  tear_down ();
}

/* Whether it succeeds does not matter. */
static void
try_call (const char *method, const char *arguments)
{
  g_autoptr (GVariant) reply =
      client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NAME, method, arguments, NULL);
}

static void
begin_call (const char *method, const char *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed =
      g_variant_parse (G_VARIANT_TYPE ("(ssa{sv})"), arguments, NULL, NULL, &error);

  g_assert_no_error (error);
  g_dbus_connection_call (client_get_bus (), CLIENT_NAME, CLIENT_PATH, CLIENT_NAME, method, parsed,
                          NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
}

/* The daemon is killed while a container is made, changed and removed, again and again: what the
 * next one says is what the kernel has, and the same call again is answered. */
static void
test_killed (void)
{
  static const struct {
    const char *method;
    const char *arguments;
  } calls[] = {
    { "CreateContainer", "('c-1', 'db', " SPEC ")" },
    { "UpdateContainer", "('c-1', 'db', {'PidsLimit': <uint64 40>})" },
    { "RemoveContainer", "('c-1', 'db', @a{sv} {})" },
  };
  g_autoptr (GRand) rand = g_rand_new_with_seed (20250);
  g_autofree char *units = NULL;

  set_up ();
  for (guint i = 0; i < ROUNDS; i++) {
    guint which = i % G_N_ELEMENTS (calls);

    try_call (calls[2].method, calls[2].arguments);
    if (which > 0)
      g_free (create ("db", SPEC, NULL));
    begin_call (calls[which].method, calls[which].arguments);
    g_usleep ((gulong) g_rand_int_range (rand, 0, 100000));
    daemon_crash ();
    assert_verified ();
    if (which == 0)
      g_free (create ("db", SPEC, NULL));
    else if (which == 1)
      update ("db", "{'PidsLimit': <uint64 40>}");
    else
      try_call (calls[2].method, calls[2].arguments);
    assert_verified ();
  }
  try_call (calls[2].method, calls[2].arguments);
  client_wait_for ("c-1", "Containers", "[]");
  if (machine_has_systemd ()) {
    units = machine_list_units ("podc_1-*");
    g_assert_cmpstr (units, ==, "");
  }
  tear_down ();
}

/* The kernel refuses more CPU time than the pod's on v1, and systemd does not tell: it is refused
 * before anything is changed. On v2 the pod's limit is what holds. */
static void
test_more_than_pod (void)
{
  const NcgTree *cpu = ncg_hierarchy_find_tree (machine_get_hierarchy (), "cpu");

  set_up ();
  client_update_pod ("c-1", "{'CPULimit': <'500m'>}");
  g_free (create ("fits", "{'CPULimit': <'400m'>}", NULL));
  if (cpu->is_v1) {
    g_free (client_fail ("InvalidArgument", "CreateContainer",
                         "('c-1', 'more', {'CPULimit': <'600m'>})"));
    g_free (client_fail ("InvalidArgument", "UpdateContainer",
                         "('c-1', 'fits', {'CPULimit': <'600m'>})"));
    g_free (client_fail ("InvalidArgument", "UpdatePod", "('c-1', {'CPULimit': <'300m'>})"));
  } else {
    g_free (create ("more", "{'CPULimit': <'600m'>}", NULL));
    update ("fits", "{'CPULimit': <'600m'>}");
    client_update_pod ("c-1", "{'CPULimit': <'300m'>}");
  }
  assert_verified ();
  tear_down ();
}

/* systemd takes it when the unit is made and never again. */
static void
test_creation_only (void)
{
  g_autofree char *unit = NULL;
  g_autofree char *cgroup = NULL;
  g_autofree char *message = NULL;

  if (!machine_has_systemd ())
    return;
  set_up ();
  cgroup = create ("db",
                   "{'SystemdProperties': <[('OOMPolicy', <'kill'>), ('TimeoutStopUSec', <uint64 "
                   "5000000>)]>}",
                   &unit);
  update ("db", "{'PidsLimit': <uint64 12>}");
  machine_assert_files (cgroup, "pids.max=12");
  machine_write (cgroup, "pids.max", "7");
  machine_wait_until (machine_read_number (cgroup, "pids.max") == 12);
  message = client_fail ("NotSupported", "UpdateContainer",
                         "('c-1', 'db', {'SystemdProperties': <[('OOMPolicy', <'stop'>)]>})");
  g_assert_nonnull (strstr (message, "OOMPolicy"));
  machine_assert_shown (NULL, unit, "TasksMax=12 OOMPolicy=kill TimeoutStopUSec=5s");
  assert_verified ();
  tear_down ();
}

/* systemd says no more than that something was not as it expected. */
static void
test_wrong_type (void)
{
  static const struct {
    const char *method;
    const char *arguments;
  } calls[] = {
    { "CreatePod", "('w', {'SystemdProperties': <[('IPAccounting', <'x'>)]>})" },
    { "UpdatePod", "('c-1', {'SystemdProperties': <[('IPAccounting', <'x'>)]>})" },
    { "CreateContainer", "('c-1', 'w', {'SystemdProperties': <[('IPAccounting', <'x'>)]>})" },
  };

  if (!machine_has_systemd ())
    return;
  set_up ();
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autofree char *message =
        client_fail ("InvalidArgument", calls[i].method, "%s", calls[i].arguments);

    g_assert_nonnull (strstr (message, "IPAccounting ('s')"));
  }
  assert_verified ();
  tear_down ();
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/containers/create", test_create);
  g_test_add_func ("/containers/stays", test_stays);
  g_test_add_func ("/containers/update", test_update);
  g_test_add_func ("/containers/remove", test_remove);
  g_test_add_func ("/containers/delegated", test_delegated);
  g_test_add_func ("/containers/vanished", test_vanished);
  g_test_add_func ("/containers/killed", test_killed);
  g_test_add_func ("/containers/more-than-pod", test_more_than_pod);
  g_test_add_func ("/containers/creation-only", test_creation_only);
  g_test_add_func ("/containers/wrong-type", test_wrong_type);
  return g_test_run ();
}
