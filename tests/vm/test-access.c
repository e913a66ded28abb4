/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may: a stranger reads, a member of the group changes pods and joins what is its own, and both
 * the bus and the daemon see to it.
 */
#include "dbus-interfaces/ncg-dbus.h"
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What nobody below may change. */
static void
assert_known (void)
{
  g_autofree char *pods = client_list_pods ();
  g_autofree char *spec = client_get_of_pod ("known", "Spec");
  g_autofree char *containers = client_get_of_pod ("known", "Containers");

  g_assert_cmpstr (pods, ==, "known");
  g_assert_cmpstr (spec, ==, "{'PidsLimit': <uint64 9>}");
  g_assert_cmpstr (containers, ==, "[]");
  machine_assert_files ("/machine.slice/machine-besteffort.slice/machine-besteffort-podknown.slice",
                        "pids.max=9");
}

/* What `call-as` says for a user. */
static char *
call_as (
    const char *user, const char *path, const char *interface, const char *method, const char *text)
{
  g_autofree char *directory = machine_run ("dirname $(readlink /proc/%d/exe)", (int) getpid ());
  g_autofree char *quoted = g_shell_quote (text);

  return machine_run ("%s/call-as %s %s %s %s %s", directory, user, path, interface, method,
                      quoted);
}

/* With pidfds of @pids, numbers separated by blanks. */
static void
assert_joined_as (const char *user, const char *handles, const char *pids, const char *wanted)
{
  g_autofree char *directory = machine_run ("dirname $(readlink /proc/%d/exe)", (int) getpid ());
  g_autofree char *answer = machine_run ("%s/call-as %s " CLIENT_PATH " " CLIENT_NAME
                                         " JoinPodByPidFd \"('made', 'main', [%s], {})\" %s",
                                         directory, user, handles, pids);

  if (!g_str_has_prefix (answer, wanted))
    machine_fail ("%s joins %s: '%s' instead of '%s'", user, pids, answer, wanted);
}

static void
assert_called_as (const char *user, const char *method, const char *text, const char *wanted)
{
  g_autofree char *answer = call_as (user, CLIENT_PATH, CLIENT_NAME, method, text);

  if (!g_str_has_prefix (answer, wanted))
    machine_fail ("%s calls %s %s: '%s' instead of '%s'", user, method, text, answer, wanted);
}

/* What `call-as` is to say of a method: begins so, with the method's name in place of "%s". */
typedef struct {
  const char *changing;
  const char *reading;
} Wanted;

/* (transfer full): something of the right type for each argument */
static char *
make_arguments (const GDBusMethodInfo *method)
{
  static const struct {
    const char *signature;
    const char *text;
  } values[] = {
    { "s", "'known'" }, { "u", "1" },   { "au", "[1]" },
    { "as", "[]" },     { "ah", "[]" }, { "a{sv}", "{}" },
  };
  g_autoptr (GString) text = g_string_new ("(");
  guint n = 0;

  for (GDBusArgInfo **arg = method->in_args; arg != NULL && *arg != NULL; arg++, n++)
    for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
      if (g_str_equal (values[i].signature, (*arg)->signature))
        g_string_append_printf (text, "%s%s", n > 0 ? ", " : "", values[i].text);
  g_string_append (text, n == 1 ? ",)" : ")");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
is_reading (const char *method)
{
  return g_str_has_prefix (method, "Get") || g_str_has_prefix (method, "List") ||
         g_str_has_prefix (method, "Verify");
}

/* PID 1 is in no pod, which is an answer, too. */
static gboolean
is_as_wanted (const char *method, const char *answer, const char *wanted)
{
  g_autofree char *begin = g_strdup (wanted);
  const char *place = strstr (wanted, "%s");

  if (place != NULL) {
    g_free (begin);
    begin = g_strdup_printf ("%.*s%s%s", (int) (place - wanted), wanted, method, place + 2);
  }
  return g_str_has_prefix (answer, begin) ||
         (g_str_equal (method, "GetPodByPid") && g_str_equal (wanted, "ok ") &&
          g_str_has_prefix (answer, CLIENT_NAME ".Error.NoSuchPod"));
}

/* Every method of every interface, as a user. */
static void
assert_each_called_as (const char *user, const Wanted *wanted)
{
  GDBusInterfaceInfo *interfaces[] = {
    ncg_dbus_manager_interface_info (),
    ncg_dbus_node_interface_info (),
    ncg_dbus_pod_interface_info (),
  };
  g_autofree char *pod = client_get_pod ("known");

  for (gsize i = 0; i < G_N_ELEMENTS (interfaces); i++)
    for (GDBusMethodInfo **method = interfaces[i]->methods; *method != NULL; method++) {
      const char *name = (*method)->name;
      const char *begin = is_reading (name) ? wanted->reading : wanted->changing;
      g_autofree char *arguments = make_arguments (*method);
      g_autofree char *answer =
          call_as (user, g_str_equal (interfaces[i]->name, CLIENT_POD) ? pod : CLIENT_PATH,
                   interfaces[i]->name, name, arguments);

      if (!is_as_wanted (name, answer, begin))
        machine_fail ("%s calls %s.%s %s: '%s' instead of '%s'", user, interfaces[i]->name, name,
                      arguments, answer, begin);
    }
}

#define AS_STRANGER "setpriv --reuid=stranger --regid=stranger --clear-groups busctl "
#define AS_MEMBER "setpriv --reuid=member --regid=member --init-groups busctl "
#define DENIED "org.freedesktop.DBus.Error.AccessDenied"

static void
reload_bus (void)
{
  g_free (machine_run ("busctl call org.freedesktop.DBus /org/freedesktop/DBus "
                       "org.freedesktop.DBus ReloadConfig"));
}

static void
test_strangers (void)
{
  const Wanted wanted = { DENIED " Rejected send message", "ok " };

  assert_each_called_as ("stranger", &wanted);
  assert_known ();
  g_free (machine_run (AS_STRANGER "get-property " CLIENT_NAME " " CLIENT_PATH " " CLIENT_NODE
                                   " State"));
  g_free (machine_run (AS_STRANGER "introspect " CLIENT_NAME " " CLIENT_PATH));
  g_free (machine_run (AS_STRANGER "call " CLIENT_NAME " " CLIENT_PATH
                                   " org.freedesktop.DBus.ObjectManager GetManagedObjects"));
  /* Nor may he take the name. */
  daemon_stop ();
  g_assert_false (machine_try (
      AS_STRANGER "call org.freedesktop.DBus "
                  "/org/freedesktop/DBus org.freedesktop.DBus RequestName su " CLIENT_NAME " 0"));
  daemon_start ();
}

/* The daemon decides by itself, too, where the bus lets everything through. */
static void
test_without_bus_policy (void)
{
  const char *policy = "/etc/dbus-1/system.d/permissive.conf";
  const Wanted wanted = {
    DENIED " %s is for root and the members of the group 'nodecgroups'",
    "ok ",
  };

  g_free (machine_run ("mkdir -p /etc/dbus-1/system.d && echo '<busconfig><policy "
                       "context=\"mandatory\"><allow send_destination=\"" CLIENT_NAME
                       "\"/></policy></busconfig>' >%s",
                       policy));
  reload_bus ();
  assert_each_called_as ("stranger", &wanted);
  assert_known ();
  g_free (machine_run ("rm %s", policy));
  reload_bus ();
}

/* A member of the group may do all, but join only what is its own. */
static void
test_members (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *before = machine_find_process (workload->pid);
  g_autofree char *own = machine_run ("setpriv --reuid=member --regid=member --clear-groups "
                                      "sleep 1000 >/dev/null & echo $!");
  g_autofree char *join_own = g_strdup_printf ("('made', 'main', [%s], {})", own);
  g_autofree char *join_other = g_strdup_printf ("('made', 'main', [%d], {})", (int) workload->pid);
  g_autofree char *join_both =
      g_strdup_printf ("('made', 'main', [%s, %d], {})", own, (int) workload->pid);
  const char *denied = DENIED " user ";

  machine_wait_until (machine_try ("test $(stat -c %%U /proc/%s) = member", own));
  assert_called_as ("member", "CreatePod", "('made', {})", "ok ");
  assert_called_as ("member", "UpdatePod", "('made', {'PidsLimit': <uint64 5>})", "ok ");
  assert_called_as ("member", "JoinPod", join_other, denied);
  assert_called_as ("member", "JoinPod", join_both, denied);
  machine_assert_process_in (workload->pid, before);
  machine_assert_process_in (atoi (own), before);
  assert_called_as ("member", "JoinPod", join_own, "ok ");
  machine_assert_process_in (
      atoi (own), "/machine.slice/machine-besteffort.slice/machine-besteffort-podmade.slice/"
                  "podmade-main.scope");
  assert_called_as ("member", "JoinPod", "('made', 'main', [1], {})",
                    CLIENT_NAME ".Error.InvalidArgument");
  assert_called_as ("member", "CreateContainer", "('made', 'db', {})", "ok ");
  assert_called_as ("member", "UpdateContainer", "('made', 'db', {'PidsLimit': <uint64 5>})",
                    "ok ");
  assert_called_as ("member", "RemoveContainer", "('made', 'db', {})", "ok ");
  assert_called_as ("member", "RemovePod", "('made', {})", "ok ");
  assert_known ();
}

/* The same by pidfd, of which anybody may have any. */
static void
test_members_by_pidfd (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *other = g_strdup_printf ("%d", (int) workload->pid);
  g_autofree char *before = machine_find_process (workload->pid);
  g_autofree char *own = machine_run ("setpriv --reuid=member --regid=member --clear-groups "
                                      "sleep 1000 >/dev/null & echo $!");
  g_autofree char *both = g_strdup_printf ("%s %s", own, other);

  machine_wait_until (machine_try ("test $(stat -c %%U /proc/%s) = member", own));
  assert_called_as ("member", "CreatePod", "('made', {})", "ok ");
  assert_joined_as ("stranger", "handle 0", other, DENIED " Rejected send message");
  assert_joined_as ("member", "handle 0", other, DENIED " user ");
  assert_joined_as ("member", "handle 0, handle 1", both, DENIED " user ");
  machine_assert_process_in (workload->pid, before);
  machine_assert_process_in (atoi (own), before);
  assert_joined_as ("member", "handle 0", own, "ok ");
  g_assert_true (machine_try ("grep -q podmade-main /proc/%s/cgroup", own));
  assert_joined_as ("root", "handle 0", other, "ok ");
  g_assert_true (machine_try ("grep -q podmade-main /proc/%s/cgroup", other));
  client_remove_pod ("made");
  assert_known ();
}

/* A process of the member's that runs @command. Returns: its number */
static pid_t
start_as_member (const char *command)
{
  g_autofree char *pid = machine_run ("setpriv --reuid=member --regid=member --init-groups %s "
                                      ">/dev/null 2>&1 </dev/null & echo $!",
                                      command);

  /* It is the command, and not setpriv or the shell any more. */
  machine_wait_until (machine_try ("grep -q sleep /proc/%s/comm", pid));
  return (pid_t) atoi (pid);
}

static void
assert_join (pid_t pid, const char *options, const char *wanted)
{
  g_autofree char *text = g_strdup_printf ("('own', 'main', [%d], %s)", (int) pid, options);

  assert_called_as ("member", "JoinPod", text, wanted);
}

/* What a process is a member's, and what is only in part. */
static void
test_own_processes (void)
{
  pid_t pid, special;

  assert_called_as ("member", "CreatePod", "('own', {})", "ok ");
  g_free (machine_run ("cp /bin/sleep /sleep-as-root && chmod 4755 /sleep-as-root"));
  special = start_as_member ("/sleep-as-root 1000");
  assert_join (special, "{}", DENIED " user ");
  special = start_as_member ("unshare --user sleep 1000");
  assert_join (special, "{}", DENIED " user ");
  pid = start_as_member ("sleep 1000");
  assert_join (pid, "{'Delegate': <true>, 'User': <'root'>}", DENIED " User is 0");
  assert_join (pid, "{'Delegate': <true>, 'User': <'stranger'>}", DENIED " User is ");
  assert_join (pid, "{'SystemdProperties': <[('SendSIGKILL', <false>)]>}", DENIED " System");
  g_assert_false (machine_try ("grep -q podown /proc/%d/cgroup", (int) pid));
  assert_join (pid, "{'Delegate': <true>, 'User': <'member'>, 'Subgroup': <'payload'>}", "ok ");
  g_assert_true (machine_try ("grep -q podown.*/payload /proc/%d/cgroup", (int) pid));
  /* And now it manages its own. */
  g_assert_true (machine_try ("setpriv --reuid=member --regid=member --clear-groups mkdir "
                              "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/%d/cgroup)/below",
                              (int) pid));
  assert_called_as ("member", "RemovePod", "('own', {})", "ok ");
}

/* No property can be set, by nobody. */
static void
test_properties (void)
{
  static const char *const commands[] = { AS_STRANGER, AS_MEMBER, "busctl " };

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    g_assert_true (machine_try ("%s set-property " CLIENT_NAME " " CLIENT_PATH " " CLIENT_NODE
                                " State s ready 2>&1 | grep -i 'denied\\|for nobody\\|Rejected'",
                                commands[i]));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  g_free (machine_run ("systemd-sysusers; getent group nodecgroups && "
                       "{ id stranger || useradd -M stranger; } && "
                       "{ id member || useradd -M -G nodecgroups member; }"));
  reload_bus ();
  daemon_prepare ();
  g_free (client_create_pod ("known", "{'PidsLimit': <uint64 9>}"));
  g_test_add_func ("/access/strangers", test_strangers);
  g_test_add_func ("/access/without-bus-policy", test_without_bus_policy);
  g_test_add_func ("/access/members", test_members);
  g_test_add_func ("/access/members-by-pidfd", test_members_by_pidfd);
  g_test_add_func ("/access/own-processes", test_own_processes);
  g_test_add_func ("/access/properties", test_properties);
  return g_test_run ();
}
