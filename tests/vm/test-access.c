/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may: a stranger reads, a member of the group changes pods and joins what is its own, and both
 * the bus and the daemon see to it.
 */
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

static void
assert_called_as (const char *user, const char *method, const char *text, const char *wanted)
{
  gboolean is_pod = strchr (method, '.') != NULL;
  const char *name = is_pod ? strchr (method, '.') + 1 : method;
  const char *interface = !is_pod                             ? CLIENT_NAME
                          : g_str_has_prefix (method, "Node") ? CLIENT_NODE
                                                              : CLIENT_POD;
  g_autofree char *path =
      g_str_has_prefix (method, "Pod.") ? client_get_pod ("known") : g_strdup (CLIENT_PATH);
  g_autofree char *answer = call_as (user, path, interface, name, text);

  if (!g_str_has_prefix (answer, wanted))
    machine_fail ("%s calls %s %s: '%s' instead of '%s'", user, method, text, answer, wanted);
}

#define AS_STRANGER "setpriv --reuid=stranger --regid=stranger --clear-groups busctl "
#define DENIED "org.freedesktop.DBus.Error.AccessDenied"

static const struct {
  const char *method;
  const char *arguments;
} changing[] = {
  { "CreatePod", "('evil', {})" },
  { "UpdatePod", "('known', {'PidsLimit': <uint64 5>})" },
  { "RemovePod", "('known', {})" },
  { "CreateContainer", "('known', 'db', {})" },
  { "UpdateContainer", "('known', 'db', {})" },
  { "RemoveContainer", "('known', 'db', {})" },
  { "JoinPod", "('known', 'main', [1], {})" },
  { "JoinPodByPidFd", "('known', 'main', [], {})" },
  { "Pod.Update", "({'PidsLimit': <uint64 5>},)" },
  { "Pod.Remove", "({},)" },
  { "Pod.Join", "('main', [1], {})" },
  { "Pod.JoinByPidFd", "('main', [], {})" },
}, reading[] = {
  { "GetPod", "('known',)" },
  { "ListPods", "()" },
  { "GetPodStats", "('known', {})" },
  { "VerifyPod", "('known',)" },
  { "Pod.GetStats", "({},)" },
  { "Pod.Verify", "()" },
  { "Node.Verify", "()" },
  { "Node.GetUsage", "()" },
};

static void
reload_bus (void)
{
  g_free (machine_run ("busctl call org.freedesktop.DBus /org/freedesktop/DBus "
                       "org.freedesktop.DBus ReloadConfig"));
}

static void
test_strangers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (changing); i++)
    assert_called_as ("stranger", changing[i].method, changing[i].arguments,
                      DENIED " Rejected send message");
  assert_known ();
  for (gsize i = 0; i < G_N_ELEMENTS (reading); i++)
    assert_called_as ("stranger", reading[i].method, reading[i].arguments, "ok ");
  assert_called_as ("stranger", "GetPodByPid", "(1,)", CLIENT_NAME ".Error.NoSuchPod");
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

  g_free (machine_run ("mkdir -p /etc/dbus-1/system.d && echo '<busconfig><policy "
                       "context=\"mandatory\"><allow send_destination=\"" CLIENT_NAME
                       "\"/></policy></busconfig>' >%s",
                       policy));
  reload_bus ();
  for (gsize i = 0; i < G_N_ELEMENTS (changing); i++) {
    const char *method = strrchr (changing[i].method, '.');
    g_autofree char *wanted =
        g_strdup_printf (DENIED " %s is for root and the members of the group 'nodecgroups'",
                         method != NULL ? method + 1 : changing[i].method);

    assert_called_as ("stranger", changing[i].method, changing[i].arguments, wanted);
  }
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
  g_autofree char *denied = g_strdup_printf (DENIED " process %d ", (int) workload->pid);

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
  return g_test_run ();
}
