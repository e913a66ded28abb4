/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sandbox of the service: each of its capabilities is needed for something, which goes without
 * it no more, and it has no others.
 */
#include "lib/file.h"
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNITS "/run/systemd/system/"
#define DROP_IN UNITS "nodecgroupsd.service.d/test.conf"
#define STRANGER "65534"
#define TRIES 100

/* A new name each time, so that nothing is left of the last attempt. */
static char *
make_name (void)
{
  static guint n;

  return g_strdup_printf ("n%u", n++);
}

/* @user: whose it is; a line of the shell is all that it does. Returns: its number */
static pid_t
start_process (const char *user, const char *line)
{
  g_autofree char *quoted = g_shell_quote (line);
  g_autofree char *pid = machine_run ("setpriv --reuid=%s --regid=%s --clear-groups sh -c %s "
                                      ">/dev/null 2>&1 </dev/null & echo $!",
                                      user, user, quoted);
  g_autofree char *uid = NULL;

  do {
    g_free (uid);
    uid = machine_run ("stat -c %%u /proc/%s", pid);
  } while (!g_str_equal (uid, user));
  return (pid_t) atoi (pid);
}

static gboolean try_call (const char *method, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
try_call (const char *method, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  reply = client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NAME, method, text, &error);
  if (error != NULL)
    g_test_message ("%s %s: %s", method, text, error->message);
  return reply != NULL;
}

/* In a container with CPUs of its own, which it joins after the first: cpuset asks for the right to
 * set the scheduling of a process, and this one has more capabilities than the daemon. */
static gboolean
join_with_cpus (void)
{
  g_autofree char *name = make_name ();
  g_autofree char *first =
      client_join_pod ("known", name, start_process ("0", "sleep 1000"), "{'CPUSet': <'0'>}");

  return try_call ("JoinPod", "('known', '%s', [%d], {})", name,
                   (int) start_process ("0", "sleep 1000"));
}

/* SIGTERM before SIGKILL, for a process of another user. */
static gboolean
end_gracefully (void)
{
  g_autofree char *name = make_name ();
  g_autofree char *marker = g_strconcat ("/tmp/ended-", name, NULL);
  g_autofree char *line =
      g_strdup_printf ("trap 'touch %s; exit' TERM; while :; do sleep 0.2; done", marker);
  g_autofree char *cgroup = NULL;
  pid_t pid;

  g_free (client_create_pod (name, "{}"));
  pid = start_process (STRANGER, line);
  cgroup = client_join_pod (name, "main", pid, "{}");
  g_assert_true (try_call ("RemovePod", "('%s', {'GracePeriodUSec': <uint64 8000000>})", name));
  return access (marker, F_OK) == 0;
}

/* In which user namespace a member's process is says /proc to those alone who could trace it. */
static gboolean
join_as_member (void)
{
  g_autofree char *name = make_name ();
  g_autofree char *user = machine_run ("id -u member");
  pid_t pid = start_process (user, "sleep 1000");

  return machine_try ("call=$(dirname $(readlink /proc/%d/exe))/call-as; $call member " CLIENT_PATH
                      " " CLIENT_NAME " JoinPod \"('known', '%s', [%d], {})\" | grep '^ok '",
                      (int) getpid (), name, (int) pid);
}

static gboolean
delegate (void)
{
  g_autofree char *name = make_name ();

  return try_call ("JoinPod",
                   "('known', '%s', [%d], {'Delegate': <true>, 'User': <'" STRANGER "'>})", name,
                   (int) start_process (STRANGER, "sleep 1000"));
}

/* "given" is another user's since all was well. */
static gboolean
join_what_is_given (void)
{
  return try_call ("JoinPod", "('known', 'given', [%d], {})",
                   (int) start_process (STRANGER, "sleep 1000"));
}

static gboolean
has_score (pid_t pid, const char *wanted)
{
  g_autofree char *actual = machine_run ("cat /proc/%d/oom_score_adj", (int) pid);

  return g_str_equal (actual, wanted);
}

static gboolean
protect_kubelet (void)
{
  g_autofree char *text = NULL;
  pid_t pid;

  g_free (machine_run ("systemctl restart kubelet.service"));
  text = machine_show ("kubelet.service", "MainPID");
  pid = (pid_t) atoi (text);
  for (guint i = 0; i < TRIES && !has_score (pid, "-999"); i++)
    g_usleep (G_USEC_PER_SEC / 10);
  return has_score (pid, "-999");
}

/* In the order in which systemd tells them. */
static const struct {
  const char *capability;
  gboolean (*works) (void);
} rows[] = {
  { "cap_chown", delegate },          { "cap_dac_override", join_what_is_given },
  { "cap_kill", end_gracefully },     { "cap_sys_ptrace", join_as_member },
  { "cap_sys_nice", join_with_cpus }, { "cap_sys_resource", protect_kubelet },
};

static void
restart_without (const char *capability)
{
  g_free (machine_run ("mkdir -p $(dirname " DROP_IN ") && "
                       "printf '[Service]\\nCapabilityBoundingSet=~%s\\n' >" DROP_IN,
                       capability));
  machine_reload_systemd ();
  daemon_restart ();
}

static void
restart_whole (void)
{
  g_free (machine_run ("rm -f " DROP_IN));
  machine_reload_systemd ();
  daemon_restart ();
}

/* And no others. */
static void
test_set (void)
{
  g_autofree char *actual = machine_show ("nodecgroupsd.service", "CapabilityBoundingSet");
  g_autoptr (GString) wanted = g_string_new (NULL);
  g_autofree char *held =
      machine_run ("sed -n 's/^Cap\\(Prm\\|Bnd\\):\\t//p' /proc/%d/status | uniq | wc -l",
                   (int) daemon_get_pid ());
  g_autofree char *passed_on =
      machine_run ("sed -n 's/^Cap\\(Inh\\|Amb\\):\\t//p' /proc/%d/status | tr -d '0\\n'",
                   (int) daemon_get_pid ());

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_string_append_printf (wanted, "%s%s", i > 0 ? " " : "", rows[i].capability);
  g_assert_cmpstr (actual, ==, wanted->str);
  g_assert_cmpstr (held, ==, "1");
  g_assert_cmpstr (passed_on, ==, "");
}

static void
test_whole (void)
{
  g_free (client_join_pod ("known", "given", start_process (STRANGER, "sleep 1000"),
                           "{'Delegate': <true>, 'User': <'" STRANGER "'>}"));
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (!rows[i].works ())
      machine_fail ("with all capabilities, what %s is for does not work", rows[i].capability);
}

static void
test_without (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);

  restart_without (rows[i].capability);
  if (rows[i].works ())
    machine_fail ("without %s, what it is for works all the same", rows[i].capability);
  restart_whole ();
  g_assert_true (rows[i].works ());
}

/* What systemd makes of the unit as it runs. */
static void
test_exposure (void)
{
  g_autofree char *line =
      machine_run ("systemd-analyze security --no-pager nodecgroupsd.service | tail -n 1");

  g_test_message ("%s", line);
  g_free (machine_run ("systemd-analyze security --no-pager --threshold=30 nodecgroupsd.service "
                       ">/dev/null"));
}

/* What the kernel has the sandbox does not refuse, so that cgroups are opened beneath their mount
 * by the kernel itself. The daemon tells when it starts if that is not so. */
static void
test_openat2 (void)
{
  g_autofree char *told =
      machine_run ("journalctl --sync; journalctl -q -b _PID=%d | grep -c 'openat2' || :",
                   (int) daemon_get_pid ());

  g_assert_cmpstr (told, ==, ncg_file_has_openat2 () ? "0" : "1");
}

/* A network of its own, without any in it; and nothing of the machine that can be written but what
 * it is for. */
static void
test_walls (void)
{
  pid_t pid = daemon_get_pid ();
  g_autofree char *devices =
      machine_run ("nsenter -t %d -n cat /proc/net/dev | grep -c : || :", (int) pid);

  g_assert_cmpstr (devices, ==, "1"); /* lo */
  g_assert_false (machine_try ("nsenter -t %d -m touch /usr/touched", (int) pid));
  g_assert_false (machine_try ("nsenter -t %d -m touch /etc/touched", (int) pid));
  g_assert_false (
      machine_try ("nsenter -t %d -m sh -c 'echo 0 >/proc/sys/vm/swappiness'", (int) pid));
  g_assert_true (machine_try ("nsenter -t %d -m touch /run/nodecgroups/touched && "
                              "rm /run/nodecgroups/touched",
                              (int) pid));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  g_free (machine_run ("systemd-sysusers; getent group nodecgroups; "
                       "id member || useradd -M -G nodecgroups member; "
                       "busctl call org.freedesktop.DBus /org/freedesktop/DBus "
                       "org.freedesktop.DBus ReloadConfig"));
  g_free (machine_run ("cp /bin/sleep /tmp/kubelet && printf '[Service]\\nExecStart=/tmp/kubelet "
                       "infinity\\n' >" UNITS "kubelet.service"));
  machine_reload_systemd ();
  daemon_prepare ();
  g_free (client_create_pod ("known", "{}"));
  g_test_add_func ("/capabilities/set", test_set);
  g_test_add_func ("/capabilities/walls", test_walls);
  g_test_add_func ("/capabilities/exposure", test_exposure);
  g_test_add_func ("/capabilities/openat2", test_openat2);
  g_test_add_func ("/capabilities/whole", test_whole);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strconcat ("/capabilities/without/", rows[i].capability, NULL);

    g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_without);
  }
  return g_test_run ();
}
