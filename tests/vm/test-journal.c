/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events in a real journal: found by their ids, fields and units, and explained by the catalog; the
 * debug messages, and the status line. Each event by itself is tested in tests/dbus/test-events.c.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <string.h>
#include <unistd.h>

#define SLICE "machine-besteffort-podseen.slice"
#define CGROUP "/machine.slice/machine-besteffort.slice/" SLICE
#define CONFIG "/etc/nodecgroups/config.yaml"
#define HEAD "apiVersion: nodecgroups.example.org/v1\\nkind: NodeCgroupsConfiguration\\n"

/* Of this run of the machine. */
#define DRIFT "704fa4355a5642798569a7565fb9517f"
#define DENIED "43b05e7beb1542c0a746d375d336ef48"
#define VANISHED "66000b6573a24ae98da23c2833b9b1cc"
#define RECOVERED "4c2086ba41ca4fc4bf8dfc58e559e744"
#define REFUSED "ce8a99bb28b1451eabbcba9e84bb718c"

/* Whether there is a message that has these fields, and in JSON all of @parts, separated by "|". */
static gboolean
has_message (const char *fields, const char *parts)
{
  g_autofree char *found = machine_run ("journalctl --sync; journalctl -q -b -o json %s", fields);
  g_auto (GStrv) lines = g_strsplit (found, "\n", -1);
  g_auto (GStrv) wanted = g_strsplit (parts, "|", -1);

  for (char **line = lines; *line != NULL; line++) {
    gboolean has_all = (*line)[0] != '\0';

    for (char **part = wanted; *part != NULL; part++)
      has_all = has_all && strstr (*line, *part) != NULL;
    if (has_all)
      return TRUE;
  }
  return FALSE;
}

/* systemd itself reads the catalog, and has a text for each id in it. */
static void
test_catalog (void)
{
  g_free (machine_run ("journalctl --update-catalog"));
  g_free (machine_run (
      "file=/usr/lib/systemd/catalog/nodecgroups.catalog; test $(grep -c '^-- ' $file) -gt 10 && "
      "for id in $(sed -n 's/^-- //p' $file); do "
      "journalctl --dump-catalog $id | grep -q '^Defined-By: nodecgroupsd' || exit 1; done"));
}

static void
test_pod (void)
{
  g_free (client_create_pod ("seen", "{'PidsLimit': <uint64 9>}"));
  machine_write (CGROUP, "pids.max", "7");
  machine_wait_until (has_message ("MESSAGE_ID=" DRIFT,
                                   "\"NODECGROUPS_SETTING\":\"pids.max\"|"
                                   "\"NODECGROUPS_WANTED\":\"9\"|\"NODECGROUPS_ACTUAL\":\"7\"|"
                                   "\"NODECGROUPS_CGROUP\":\"" CGROUP "\"|\"PRIORITY\":\"4\"|"
                                   "\"_SYSTEMD_UNIT\":\"nodecgroupsd.service\""));
  g_free (machine_run ("systemctl stop " SLICE));
  machine_wait_until (
      has_message ("NODECGROUPS_POD_UID=seen MESSAGE_ID=" VANISHED, "\"PRIORITY\":\"4\""));
  /* By the unit, and explained. */
  g_free (machine_run ("journalctl -b -u " SLICE " | grep -q 'stopped by somebody else'"));
  g_free (machine_run ("journalctl -b -x MESSAGE_ID=" VANISHED
                       " | grep -q 'RemovePod makes the daemon forget it'"));
  g_free (machine_run ("journalctl -b -x MESSAGE_ID=" VANISHED
                       " | grep -q 'Subject: Pod seen is gone'"));
  client_remove_pod ("seen");
}

static void
test_denied (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *directory = machine_run ("dirname $(readlink /proc/%d/exe)", (int) getpid ());
  g_autofree char *uid = machine_run ("systemd-sysusers; getent passwd journalist >/dev/null || "
                                      "useradd -M -G nodecgroups journalist; id -u journalist");
  g_autofree char *caller = g_strdup_printf ("\"NODECGROUPS_CALLER_UID\":\"%s\"", uid);
  g_autofree char *answer = NULL;

  g_free (machine_run ("busctl call org.freedesktop.DBus /org/freedesktop/DBus "
                       "org.freedesktop.DBus ReloadConfig"));
  g_free (client_create_pod ("mine", "{}"));
  answer = machine_run ("%s/call-as journalist " CLIENT_PATH " " CLIENT_NAME
                        " JoinPod \"('mine', 'main', [%d], {})\"",
                        directory, (int) workload->pid);
  g_assert_true (g_str_has_prefix (answer, "org.freedesktop.DBus.Error.AccessDenied"));
  machine_wait_until (has_message ("MESSAGE_ID=" DENIED " NODECGROUPS_OPERATION=JoinPod", caller));
  client_remove_pod ("mine");
}

static void
test_reload (void)
{
  g_free (machine_run ("mkdir -p /etc/nodecgroups && printf '" HEAD "nonsense: 1\\n' >" CONFIG));
  g_assert_false (machine_try ("systemctl reload nodecgroupsd"));
  machine_wait_until (has_message ("MESSAGE_ID=" REFUSED, "nonsense|\"PRIORITY\":\"4\""));
  g_free (machine_run ("printf '" HEAD "logLevel: debug\\n' >" CONFIG
                       " && systemctl reload nodecgroupsd"));
  g_free (client_create_pod ("seen", "{}"));
  machine_wait_until (has_message ("OBJECT_SYSTEMD_UNIT=" SLICE,
                                   "\"NODECGROUPS_SYSTEMD_METHOD\":\"StartTransientUnit\"|"
                                   "\"NODECGROUPS_DURATION_USEC\":\"|\"PRIORITY\":\"7\""));
  g_free (machine_run ("rm " CONFIG " && systemctl reload nodecgroupsd"));
}

static gboolean
has_status (const char *text)
{
  g_autofree char *status = machine_show (DAEMON_UNIT, "StatusText");

  return strstr (status, text) != NULL;
}

static void
test_status (void)
{
  machine_wait_until (has_status (", 1 pod"));
  daemon_crash ();
  machine_wait_until (has_status (", 1 pod"));
  machine_wait_until (has_message ("MESSAGE_ID=" RECOVERED, "\"NODECGROUPS_PODS\":\"1\""));
  client_remove_pod ("seen");
  machine_wait_until (has_status (", 0 pods"));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/journal/catalog", test_catalog);
  g_test_add_func ("/journal/pod", test_pod);
  g_test_add_func ("/journal/denied", test_denied);
  g_test_add_func ("/journal/reload", test_reload);
  g_test_add_func ("/journal/status", test_status);
  return g_test_run ();
}
