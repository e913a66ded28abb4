/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is refused, by which name, and with a message that helps: what was asked, what stood in the
 * way, what is allowed.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <string.h>

/* @arguments: $PID is the number of a process that could be joined, $DAEMON the daemon's, $LONG 300
 * letters, $MANY 1025 numbers. @parts: what the message has to contain, separated by "|". */
typedef struct {
  const char *method;
  const char *arguments;
  const char *error;
  const char *parts;
} Row;

/* There are the pods "known" and "known-too", see test_table(). */
static const Row rows[] = {
  /* uids */
  { "CreatePod", "('', {})", "InvalidArgument", "uid|letter" },
  { "CreatePod", "('-a', {})", "InvalidArgument", "-a|letter" },
  { "CreatePod", "('.a', {})", "InvalidArgument", ".a|letter" },
  { "CreatePod", "('..', {})", "InvalidArgument", "..|letter" },
  { "CreatePod", "('a/b', {})", "InvalidArgument", "a/b|letter" },
  { "CreatePod", "('../a', {})", "InvalidArgument", "../a|letter" },
  { "CreatePod", "('a b', {})", "InvalidArgument", "a b|letter" },
  { "CreatePod", "('ä', {})", "InvalidArgument", "ä|letter" },
  { "CreatePod", "('a\\n', {})", "InvalidArgument", "letter" },
  { "CreatePod", "('$LONG', {})", "InvalidArgument", "xxxx|shorter|300|239" },
  { "UpdatePod", "('-a', {})", "InvalidArgument", "-a|letter" },
  { "RemovePod", "('-a', {})", "InvalidArgument", "-a|letter" },
  { "JoinPod", "('-a', 'main', [$PID], {})", "InvalidArgument", "-a|letter" },
  { "GetPod", "('-a',)", "InvalidArgument", "-a|letter" },
  { "GetPodStats", "('-a', {})", "InvalidArgument", "-a|letter" },
  { "VerifyPod", "('-a',)", "InvalidArgument", "-a|letter" },
  { "UpdatePod", "('nobody', {})", "NoSuchPod", "nobody|ListPods" },
  { "RemovePod", "('nobody', {})", "NoSuchPod", "nobody|ListPods" },
  { "CreateContainer", "('-a', 'db', {})", "InvalidArgument", "-a|letter" },
  { "CreateContainer", "('nobody', 'db', {})", "NoSuchPod", "nobody|ListPods" },
  { "UpdateContainer", "('nobody', 'db', {})", "NoSuchPod", "nobody|ListPods" },
  { "RemoveContainer", "('nobody', 'db', {})", "NoSuchPod", "nobody|ListPods" },
  { "UpdateContainer", "('known', 'db', {})", "NoSuchContainer", "known|db" },
  { "RemoveContainer", "('known', 'db', {})", "NoSuchContainer", "known|db" },
  { "CreateContainer", "('known', 'a/b', {})", "InvalidArgument", "a/b|letter" },
  { "CreateContainer", "('known', '$LONG', {})", "InvalidArgument", "shorter|250" },
  { "CreateContainer", "('known', 'db', {'QosClass': <'Burstable'>})", "InvalidArgument",
    "QosClass|container" },
  { "CreateContainer", "('known', 'db', {'Subgroup': <'a'>, 'Delegate': <true>})",
    "InvalidArgument", "Subgroup|join" },
  { "RemoveContainer", "('known', 'db', {'Grace': <uint64 1>})", "InvalidArgument",
    "Grace|GracePeriodUSec" },
  { "JoinPod", "('nobody', 'main', [$PID], {})", "NoSuchPod", "nobody|ListPods" },
  { "JoinPodByPidFd", "('nobody', 'main', [], {})", "NoSuchPod", "nobody|ListPods" },
  { "GetPod", "('nobody',)", "NoSuchPod", "nobody|ListPods" },
  { "GetPodStats", "('nobody', {})", "NoSuchPod", "nobody|ListPods" },
  { "VerifyPod", "('nobody',)", "NoSuchPod", "nobody|ListPods" },

  /* pods that are there */
  { "CreatePod", "('known', {})", "PodExists", "known|UpdatePod" },
  { "CreatePod", "('known', {'CPULimit': <'501m'>})", "PodExists", "known|UpdatePod" },
  { "CreatePod", "('known_too', {})", "InvalidArgument", "known_too|known-too" },
  { "UpdatePod", "('known', {'MemoryLimit': <'1Gi'>})", "InvalidArgument",
    "known|Guaranteed|Burstable" },
  { "UpdatePod", "('known', {'QosClass': <'BestEffort'>})", "InvalidArgument",
    "known|BestEffort|Burstable" },
  { "UpdatePod", "('known-too', {'CPURequest': <'1'>})", "InvalidArgument",
    "known-too|BestEffort|Burstable" },

  /* keys */
  { "CreatePod", "('a', {'Nonsense': <uint64 1>})", "InvalidArgument", "Nonsense" },
  { "CreatePod", "('a', {'cpulimit': <uint64 1>})", "InvalidArgument", "cpulimit" },
  { "CreatePod", "('a', {'': <uint64 1>})", "InvalidArgument", "key" },
  { "UpdatePod", "('known', {'Nonsense': <uint64 1>})", "InvalidArgument", "Nonsense" },
  { "CreatePod", "('a', {'PidsLimit': <uint64 1>, 'PidsLimit': <uint64 2>})", "InvalidArgument",
    "PidsLimit|twice" },
  { "CreatePod", "('a', {'QosClass': <'guaranteed'>})", "InvalidArgument",
    "QosClass|guaranteed|Guaranteed|Burstable|BestEffort" },

  /* types */
  { "CreatePod", "('a', {'CPULimit': <1>})", "InvalidArgument", "CPULimit|'i'|(t)|(s)" },
  { "CreatePod", "('a', {'CPULimit': <0.5>})", "InvalidArgument", "CPULimit|'d'|(t)|(s)" },
  { "CreatePod", "('a', {'CPURequest': <true>})", "InvalidArgument", "CPURequest|'b'|(t)|(s)" },
  { "CreatePod", "('a', {'CPUPeriodUSec': <'100000'>})", "InvalidArgument",
    "CPUPeriodUSec|'s'|(t)" },
  { "CreatePod", "('a', {'CPUWeight': <'100'>})", "InvalidArgument", "CPUWeight|'s'|(t)" },
  { "CreatePod", "('a', {'MemoryLimit': <int64 1>})", "InvalidArgument",
    "MemoryLimit|'x'|(t)|(s)" },
  { "CreatePod", "('a', {'MemoryRequest': <['1']>})", "InvalidArgument", "MemoryRequest|'as'" },
  { "CreatePod", "('a', {'MemoryHigh': <byte 1>})", "InvalidArgument", "MemoryHigh|'y'" },
  { "CreatePod", "('a', {'MemoryLow': <1>})", "InvalidArgument", "MemoryLow|'i'" },
  { "CreatePod", "('a', {'MemoryMin': <1>})", "InvalidArgument", "MemoryMin|'i'" },
  { "CreatePod", "('a', {'MemorySwapLimit': <1>})", "InvalidArgument", "MemorySwapLimit|'i'" },
  { "CreatePod", "('a', {'PidsLimit': <uint32 1>})", "InvalidArgument", "PidsLimit|'u'" },
  { "CreatePod", "('a', {'QosClass': <uint64 1>})", "InvalidArgument", "QosClass|'t'|(s)" },
  { "CreatePod", "('a', {'CPUSet': <uint64 1>})", "InvalidArgument", "CPUSet|'t'|(s)" },
  { "CreatePod", "('a', {'MemoryNodes': <[0]>})", "InvalidArgument", "MemoryNodes|'ai'|(s)" },
  { "CreatePod", "('a', {'Labels': <'x'>})", "InvalidArgument", "Labels|'s'|a{ss}" },
  { "CreatePod", "('a', {'Labels': <{'x': <'y'>}>})", "InvalidArgument", "Labels|'a{sv}'|a{ss}" },

  /* quantities */
  { "CreatePod", "('a', {'CPULimit': <''>})", "InvalidArgument", "CPULimit" },
  { "CreatePod", "('a', {'CPULimit': <'5x'>})", "InvalidArgument", "CPULimit|5x" },
  { "CreatePod", "('a', {'CPULimit': <'500 m'>})", "InvalidArgument", "CPULimit|500 m" },
  { "CreatePod", "('a', {'CPULimit': <'1.2.3'>})", "InvalidArgument", "CPULimit|1.2.3" },
  { "CreatePod", "('a', {'CPULimit': <'-1'>})", "InvalidArgument", "CPULimit|-1|negative" },
  { "CreatePod", "('a', {'CPULimit': <'infinity'>})", "InvalidArgument", "CPULimit|infinity" },
  { "CreatePod", "('a', {'CPURequest': <'max'>})", "InvalidArgument", "CPURequest|max" },
  { "CreatePod", "('a', {'CPURequest': <'-1m'>})", "InvalidArgument", "CPURequest|-1m|negative" },
  { "CreatePod", "('a', {'MemoryLimit': <'1MiB'>})", "InvalidArgument", "MemoryLimit|1MiB" },
  { "CreatePod", "('a', {'MemoryLimit': <'1mi'>})", "InvalidArgument", "MemoryLimit|1mi" },
  { "CreatePod", "('a', {'MemoryLimit': <'Mi'>})", "InvalidArgument", "MemoryLimit|Mi" },
  { "CreatePod", "('a', {'MemoryLimit': <'0x10'>})", "InvalidArgument", "MemoryLimit|0x10" },
  { "CreatePod", "('a', {'MemoryLimit': <' 1'>})", "InvalidArgument", "MemoryLimit" },
  { "CreatePod", "('a', {'MemoryLimit': <'8Ei'>})", "InvalidArgument", "MemoryLimit|8Ei" },
  { "CreatePod", "('a', {'MemoryLimit': <'1e30'>})", "InvalidArgument", "MemoryLimit|1e30" },
  { "CreatePod", "('a', {'MemoryRequest': <'max'>})", "InvalidArgument", "MemoryRequest|max" },
  { "CreatePod", "('a', {'MemoryRequest': <'-5Mi'>})", "InvalidArgument",
    "MemoryRequest|-5Mi|negative" },
  { "CreatePod", "('a', {'PidsLimit': <'many'>})", "InvalidArgument", "PidsLimit|many" },

  /* ranges */
  { "CreatePod", "('a', {'CPULimit': <uint64 0>})", "InvalidArgument",
    "CPULimit|0|1 to 1000000000" },
  { "CreatePod", "('a', {'CPULimit': <'0'>})", "InvalidArgument", "CPULimit|1 to 1000000000|max" },
  { "CreatePod", "('a', {'CPULimit': <uint64 1000000001>})", "InvalidArgument",
    "CPULimit|1000000001|1 to 1000000000" },
  { "CreatePod", "('a', {'CPURequest': <'2M'>})", "InvalidArgument",
    "CPURequest|2000000000|0 to 1000000000" },
  { "CreatePod", "('a', {'CPUPeriodUSec': <uint64 999>})", "InvalidArgument",
    "CPUPeriodUSec|999|1000 to 1000000" },
  { "CreatePod", "('a', {'CPUPeriodUSec': <uint64 1000001>})", "InvalidArgument",
    "CPUPeriodUSec|1000001|1000 to 1000000" },
  { "CreatePod", "('a', {'CPUWeight': <uint64 0>})", "InvalidArgument", "CPUWeight|1 to 10000" },
  { "CreatePod", "('a', {'CPUWeight': <uint64 10001>})", "InvalidArgument",
    "CPUWeight|10001|1 to 10000" },
  { "CreatePod", "('a', {'MemoryLimit': <uint64 0>})", "InvalidArgument",
    "MemoryLimit|1 to 4611686018427387904" },
  { "CreatePod", "('a', {'MemoryLimit': <uint64 4611686018427387905>})", "InvalidArgument",
    "MemoryLimit|4611686018427387905|4611686018427387904" },
  { "CreatePod", "('a', {'MemoryHigh': <uint64 0>})", "InvalidArgument", "MemoryHigh|1 to" },
  { "CreatePod", "('a', {'MemoryHigh': <'5Ei'>})", "InvalidArgument", "MemoryHigh|1 to" },
  { "CreatePod", "('a', {'MemoryLow': <'5Ei'>})", "InvalidArgument", "MemoryLow|0 to" },
  { "CreatePod", "('a', {'MemoryMin': <'5Ei'>})", "InvalidArgument", "MemoryMin|0 to" },
  { "CreatePod", "('a', {'MemoryRequest': <'5Ei'>})", "InvalidArgument", "MemoryRequest|0 to" },
  { "CreatePod", "('a', {'MemorySwapLimit': <'5Ei'>})", "InvalidArgument", "MemorySwapLimit|0 to" },
  { "CreatePod", "('a', {'PidsLimit': <uint64 0>})", "InvalidArgument", "PidsLimit|1 to 4194304" },
  { "CreatePod", "('a', {'PidsLimit': <'5M'>})", "InvalidArgument",
    "PidsLimit|5000000|1 to 4194304" },

  /* sets */
  { "CreatePod", "('a', {'CPUSet': <'x'>})", "InvalidArgument", "CPUSet|x" },
  { "CreatePod", "('a', {'CPUSet': <'1-0'>})", "InvalidArgument", "CPUSet|1-0" },
  { "CreatePod", "('a', {'CPUSet': <'0,'>})", "InvalidArgument", "CPUSet|0," },
  { "CreatePod", "('a', {'CPUSet': <'0-99999'>})", "InvalidArgument", "CPUSet|99999" },
  { "CreatePod", "('a', {'CPUSet': <'64'>})", "InvalidArgument", "CPUSet|64|online|0-1" },
  { "CreatePod", "('a', {'MemoryNodes': <'0-7'>})", "InvalidArgument", "MemoryNodes|0-7|online" },

  /* contradictions */
  { "CreatePod", "('a', {'CPURequest': <'2'>, 'CPULimit': <'1'>})", "InvalidArgument",
    "CPURequest|2000|CPULimit|1000" },
  { "CreatePod", "('a', {'MemoryRequest': <uint64 9>, 'MemoryLimit': <uint64 8>})",
    "InvalidArgument", "MemoryRequest|9|MemoryLimit|8" },
  { "UpdatePod", "('known', {'CPURequest': <'501m'>})", "InvalidArgument",
    "CPURequest|501|CPULimit|500" },

  /* options */
  { "RemovePod", "('known', {'Grace': <uint64 1>})", "InvalidArgument", "Grace|GracePeriodUSec" },
  { "RemovePod", "('known', {'GracePeriodUSec': <'1s'>})", "InvalidArgument",
    "GracePeriodUSec|'s'|'t'" },
  { "RemovePod", "('known', {'GracePeriodUSec': <uint64 3600000001>})", "InvalidArgument",
    "GracePeriodUSec|3600000001|3600000000" },
  { "GetPodStats", "('known', {'Nonsense': <true>})", "InvalidArgument", "Nonsense|Containers" },
  { "GetPodStats", "('known', {'Containers': <'yes'>})", "InvalidArgument", "Containers|'s'|'b'" },

  /* joins */
  { "JoinPod", "('known', '', [$PID], {})", "InvalidArgument", "container|letter" },
  { "JoinPod", "('known', '-a', [$PID], {})", "InvalidArgument", "-a|letter" },
  { "JoinPod", "('known', 'a/b', [$PID], {})", "InvalidArgument", "a/b|letter" },
  { "JoinPod", "('known', '..', [$PID], {})", "InvalidArgument", "..|letter" },
  { "JoinPod", "('known', '$LONG', [$PID], {})", "InvalidArgument", "shorter|250" },
  { "JoinPod", "('known', 'main', [], {})", "InvalidArgument", "0|1 to 1024" },
  { "JoinPod", "('known', 'main', [0], {})", "InvalidArgument", "0" },
  { "JoinPod", "('known', 'main', [1], {})", "InvalidArgument", "1|init" },
  { "JoinPod", "('known', 'main', [2], {})", "InvalidArgument", "2|kthreadd|kernel" },
  { "JoinPod", "('known', 'main', [$DAEMON], {})", "InvalidArgument", "nodecgroupsd" },
  { "JoinPod", "('known', 'main', [4000000], {})", "NoSuchProcess", "4000000" },
  { "JoinPod", "('known', 'main', [4294967295], {})", "InvalidArgument", "4294967295" },
  { "JoinPod", "('known', 'main', [$PID, 4000000], {})", "NoSuchProcess", "4000000" },
  { "JoinPod", "('known', 'main', [$MANY], {})", "LimitExceeded", "1025|1024" },
  { "JoinPod", "('known', 'main', [$PID], {'Nonsense': <uint64 1>})", "InvalidArgument",
    "Nonsense|container" },
  { "JoinPod", "('known', 'main', [$PID], {'QosClass': <'Burstable'>})", "InvalidArgument",
    "QosClass|container" },
  { "JoinPod", "('known', 'main', [$PID], {'CPULimit': <0.5>})", "InvalidArgument",
    "CPULimit|'d'" },
  { "JoinPod", "('known', 'main', [$PID], {'CPUSet': <'64'>})", "InvalidArgument",
    "CPUSet|64|online" },
  { "JoinPod", "('known', 'main', [$PID], {'CPURequest': <'2'>, 'CPULimit': <'1'>})",
    "InvalidArgument", "CPURequest|2000|CPULimit|1000" },
  { "JoinPodByPidFd", "('known', 'main', [], {})", "InvalidArgument", "0|1 to 16" },
  { "GetPodByPid", "(0,)", "InvalidArgument", "0" },
  { "GetPodByPid", "(4294967295,)", "InvalidArgument", "4294967295" },
  { "GetPodByPid", "(4000000,)", "NoSuchProcess", "4000000" },
  { "GetPodByPid", "(1,)", "NoSuchPod", "1|init.scope" },
  { "GetPodByPid", "($PID,)", "NoSuchPod", "programs.service" },
};

static char *
replace (char *text, const char *what, const char *by)
{
  g_autofree char *owned = text;
  g_auto (GStrv) parts = g_strsplit (text, what, -1);

  return g_strjoinv (by, parts);
}

static char *
expand (const char *arguments, pid_t pid)
{
  g_autofree char *number = g_strdup_printf ("%d", (int) pid);
  g_autofree char *daemon = g_strdup_printf ("%d", (int) daemon_get_pid ());
  g_autofree char *letters = g_strnfill (300, 'x');
  g_autoptr (GString) many = g_string_new ("1");
  char *text = g_strdup (arguments);

  for (int i = 1; i < 1025; i++)
    g_string_append_printf (many, ", %d", i + 1);
  text = replace (text, "$PID", number);
  text = replace (text, "$DAEMON", daemon);
  text = replace (text, "$LONG", letters);
  return replace (text, "$MANY", many->str);
}

/* (transfer full) (nullable): what is wrong with the answer */
static char *
check_row (const Row *row, pid_t pid)
{
  g_autofree char *arguments = expand (row->arguments, pid);
  g_autofree char *wanted = g_strconcat (CLIENT_NAME ".Error.", row->error, NULL);
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NAME, row->method, arguments, &error);
  g_auto (GStrv) parts = g_strsplit (row->parts, "|", -1);

  if (reply != NULL)
    return g_strdup ("it succeeded");
  name = g_dbus_error_get_remote_error (error);
  g_dbus_error_strip_remote_error (error);
  if (g_strcmp0 (name, wanted) != 0)
    return g_strdup_printf ("it is %s: %s", name != NULL ? name : "no D-Bus error", error->message);
  for (char **part = parts; *part != NULL; part++)
    if (strstr (error->message, *part) == NULL)
      return g_strdup_printf ("'%s' does not say '%s'", error->message, *part);
  return NULL;
}

static void
create_known (void)
{
  g_free (client_create_pod ("known", "{'CPULimit': <'500m'>, 'MemoryRequest': <'1Gi'>, "
                                      "'CPURequest': <'500m'>}"));
  g_free (client_create_pod ("known-too", "{}"));
}

static void
assert_known (void)
{
  g_autofree char *pods = client_list_pods ();
  g_autofree char *files = machine_list_pod_files ();
  g_autofree char *cgroups = machine_list_pod_cgroups ();
  g_autofree char *bad = client_verify_pod ("known");

  g_assert_cmpstr (pods, ==, "known known-too");
  g_assert_cmpstr (files, ==, "known-too.pod known.pod");
  g_assert_cmpstr (cgroups, ==,
                   "machine-besteffort-podknown_too.slice machine-burstable-podknown.slice");
  g_assert_cmpstr (bad, ==, "");
  machine_assert_files ("/machine.slice/machine-burstable.slice/machine-burstable-podknown.slice",
                        "cpu.max=50000 100000;memory.max=max;pids.max=max");
}

static void
test_table (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *before = machine_find_process (workload->pid);
  g_autoptr (GString) failed = g_string_new (NULL);

  create_known ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *wrong = check_row (&rows[i], workload->pid);

    if (wrong == NULL)
      continue;
    g_string_append_printf (failed, "%s %.200s should be %s, but %.500s; ", rows[i].method,
                            rows[i].arguments, rows[i].error, wrong);
  }
  if (failed->len > 0)
    machine_fail ("not as they should be: %s", failed->str);
  machine_assert_process_in (workload->pid, before);
  assert_known ();
}

static gboolean
is_listed (const char *uid)
{
  g_autofree char *pods = client_list_pods ();

  return strstr (pods, uid) != NULL;
}

/* A slice of the name that a pod would have, but somebody else's. */
static void
test_foreign_slice (void)
{
  g_autofree char *message = NULL;
  g_autofree char *state = NULL;
  const char *cgroup = "/machine.slice/machine-podforeign.slice";
  const char *spec = "{'QosClass': <'Guaranteed'>, 'PidsLimit': <uint64 5>}";

  g_free (machine_run ("printf '[Unit]\\nDescription=Not yours\\n[Slice]\\nTasksMax=9\\n' "
                       ">/run/systemd/system/machine-podforeign.slice && "
                       "systemctl start machine-podforeign.slice"));
  message = client_fail ("PodExists", "CreatePod", "('foreign', %s)", spec);
  g_assert_nonnull (strstr (message, "machine-podforeign.slice"));
  g_assert_nonnull (strstr (message, "Not yours"));
  machine_assert_files (cgroup, "pids.max=9");
  machine_assert_shown (NULL, "machine-podforeign.slice", "ActiveState=active TasksMax=9");
  machine_wait_until (is_listed ("foreign"));
  state = client_get_of_pod ("foreign", "State");
  g_assert_cmpstr (state, ==, "foreign");
  g_free (machine_run ("systemctl stop machine-podforeign.slice && "
                       "rm /run/systemd/system/machine-podforeign.slice"));
  machine_reload_systemd ();
  machine_wait_until (!is_listed ("foreign"));
  g_free (client_create_pod ("foreign", spec));
  machine_assert_files (cgroup, "pids.max=5");
  client_remove_pod ("foreign");
}

/* What the bus library refuses before it comes to the daemon. */
static void
test_malformed (void)
{
  static const char *const calls[] = {
    "call " CLIENT_NAME " " CLIENT_PATH " " CLIENT_NAME " CreatePod s a",
    "call " CLIENT_NAME " " CLIENT_PATH " " CLIENT_NAME " CreatePod 'sa{ss}' a 0",
    "call " CLIENT_NAME " " CLIENT_PATH " " CLIENT_NAME " NoSuchMethod",
    "call " CLIENT_NAME " " CLIENT_PATH "/pod/nobody " CLIENT_POD " Verify",
    "set-property " CLIENT_NAME " " CLIENT_PATH " " CLIENT_NODE " State s ready",
    "set-property " CLIENT_NAME " " CLIENT_PATH " " CLIENT_NAME " PodCount u 7",
  };
  pid_t pid = daemon_get_pid ();

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    if (machine_try ("busctl %s", calls[i]))
      machine_fail ("'%s' should have failed", calls[i]);
  g_assert_cmpint (daemon_get_pid (), ==, pid);
  assert_known ();
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/errors/table", test_table);
  g_test_add_func ("/errors/malformed", test_malformed);
  g_test_add_func ("/errors/foreign-slice", test_foreign_slice);
  return g_test_run ();
}
