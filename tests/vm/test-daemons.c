/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemons of Kubernetes and of the container runtime, and containers of others: where they are,
 * how well they are protected from the OOM killer, and what the node says of them. They are played
 * by copies of sleep.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"

#include <signal.h>
#include <string.h>

#define KUBELET "kubelet.service"
#define PLACEMENT "Placement:" KUBELET
#define OOM_SCORE "OomScore:" KUBELET
#define UNITS "/run/systemd/system/"
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STRAY "docker-" ID ".scope"
#define SESSION "session-4711.scope"

/* Writes a unit whose main process is called @name. */
static void
write_unit (const char *name, const char *settings)
{
  g_free (machine_run ("cp /bin/sleep /tmp/%s.new && mv /tmp/%s.new /tmp/%s", name, name, name));
  g_free (machine_run ("printf '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\n"
                       "ExecStart=/tmp/%s infinity\\nRestart=always\\nRestartSec=100ms\\n%s\\n' "
                       ">" UNITS "%s.service",
                       name, settings, name));
  machine_reload_systemd ();
}

static void
remove_unit (const char *name)
{
  g_free (machine_run ("if systemctl -q is-active %s.service; then systemctl stop %s.service; fi; "
                       "rm -rf " UNITS "%s.service " UNITS "%s.service.d",
                       name, name, name, name));
  machine_reload_systemd ();
}

/* Whether the condition is as @holds says, with @text in its message. */
static gboolean
is_condition (const char *name, gboolean holds, const char *text)
{
  gboolean actual;
  g_autofree char *message = client_get_condition (name, &actual);

  return message != NULL && actual == holds && strstr (message, text) != NULL;
}

static gboolean
has_condition (const char *name)
{
  gboolean holds;
  g_autofree char *message = client_get_condition (name, &holds);

  return message != NULL;
}

static pid_t
get_main_pid (const char *unit)
{
  g_autofree char *text = machine_show (unit, "MainPID");

  return (pid_t) g_ascii_strtoll (text, NULL, 10);
}

/* The score of the process; "" while there is none. */
static gboolean
has_score (pid_t pid, const char *wanted)
{
  g_autofree char *actual =
      machine_run ("cat /proc/%d/oom_score_adj 2>/dev/null || true", (int) pid);

  return g_str_equal (actual, wanted);
}

/* Another process than @before is the main one, with the score. Returns: it */
static pid_t
wait_for_score (const char *unit, pid_t before, const char *wanted)
{
  pid_t pid;

  machine_wait_until ((pid = get_main_pid (unit)) != before && pid != 0 && has_score (pid, wanted));
  return pid;
}

static gboolean
has_row (const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NODE, "Verify", "()", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  return strstr (text, wanted) != NULL;
}

/* Asks it to look at everything anew, at sessions and containers too. */
static void
look_again (void)
{
  machine_reload_systemd ();
}

static void
test_none (void)
{
  g_assert_false (has_condition (PLACEMENT));
  g_assert_false (has_condition (OOM_SCORE));
  machine_wait_until (is_condition ("StrayContainers", TRUE, "no container runs outside /machine"));
  machine_wait_until (is_condition ("ContainerRuntime", TRUE, "no daemon of a container runtime"));
}

/* In the slice of the system: a warning, which has what mends it. */
static void
test_system (void)
{
  write_unit ("kubelet", "");
  g_free (machine_run ("systemctl start " KUBELET));
  machine_wait_until (is_condition (PLACEMENT, FALSE, "charged to systemReserved"));
  g_assert_true (is_condition (PLACEMENT, FALSE, "/system.slice/" KUBELET));
  g_assert_true (is_condition (PLACEMENT, FALSE,
                               "/etc/systemd/system/" KUBELET ".d/nodecgroups.conf:\n"
                               "[Service]\nSlice=kubernetes.slice\n"
                               "and run: systemctl daemon-reload && systemctl restart kubelet"));
  g_assert_true (has_row ("('" KUBELET "', 'slice', 'kubernetes.slice', 'system.slice', false)"));
  wait_for_score (KUBELET, 0, "-999");
  machine_wait_until (is_condition (OOM_SCORE, TRUE, "-999"));
  g_assert_true (has_row ("('" KUBELET "', 'oom_score_adj', '-999', '-999', true)"));
  /* Nothing is moved. */
  machine_assert_process_in (get_main_pid (KUBELET), "/system.slice/" KUBELET);
}

/* What the message says is done. */
static void
test_mended (void)
{
  g_free (machine_run ("mkdir -p " UNITS KUBELET ".d && "
                       "printf '[Service]\\nSlice=kubernetes.slice\\n' "
                       ">" UNITS KUBELET ".d/nodecgroups.conf"));
  g_free (machine_run ("systemctl daemon-reload && systemctl restart kubelet"));
  machine_wait_until (is_condition (PLACEMENT, TRUE, "runs in kubernetes.slice"));
  machine_assert_process_in (get_main_pid (KUBELET), "/kubernetes.slice/" KUBELET);
  g_assert_true (
      has_row ("('" KUBELET "', 'slice', 'kubernetes.slice', 'kubernetes.slice', true)"));
  wait_for_score (KUBELET, 0, "-999");
}

static void
test_restarts (void)
{
  pid_t pid = wait_for_score (KUBELET, 0, "-999");

  g_free (machine_run ("systemctl restart " KUBELET));
  pid = wait_for_score (KUBELET, pid, "-999");
  for (int i = 0; i < 3; i++) {
    g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
    pid = wait_for_score (KUBELET, pid, "-999");
  }
  machine_reexecute_systemd ();
  g_free (machine_run ("systemctl restart " KUBELET));
  wait_for_score (KUBELET, pid, "-999");
}

/* A unit that has a score of its own gives it to the process that is just being started. */
static void
test_own_score (void)
{
  write_unit ("kubelet", "OOMScoreAdjust=-100");
  for (int i = 0; i < 5; i++) {
    pid_t pid = get_main_pid (KUBELET);

    g_free (machine_run ("systemctl restart " KUBELET));
    wait_for_score (KUBELET, pid, "-999");
  }
}

/* While nobody was there to be told. */
static void
test_daemon_restarts (void)
{
  pid_t pid;

  daemon_stop ();
  g_free (machine_run ("systemctl restart " KUBELET));
  pid = get_main_pid (KUBELET);
  daemon_start ();
  machine_wait_until (has_score (pid, "-999"));
  machine_wait_until (is_condition (PLACEMENT, TRUE, "runs in kubernetes.slice"));
}

static void
test_stopped (void)
{
  remove_unit ("kubelet");
  machine_wait_until (!has_condition (PLACEMENT));
  machine_wait_until (!has_condition (OOM_SCORE));
  g_assert_false (has_row (KUBELET));
}

/* Starts a program in a scope of its own, as a login manager or a runtime does. */
static void
start_scope (const char *scope, const char *slice, const char *program)
{
  g_free (machine_run ("systemd-run -q --scope --unit=%s --slice=%s %s infinity "
                       "</dev/null >/dev/null 2>&1 &",
                       scope, slice, program));
  machine_wait_until (machine_try ("systemctl -q is-active %s", scope));
}

static void
stop_scope (const char *scope)
{
  g_free (machine_run ("systemctl stop %s", scope));
}

/* A developer's terminal. */
static void
test_session (void)
{
  g_free (machine_run ("cp /bin/sleep /tmp/kubelet"));
  start_scope (SESSION, "user-1000.slice", "/tmp/kubelet");
  look_again ();
  machine_wait_until (is_condition (PLACEMENT, FALSE, "is no service"));
  g_assert_true (is_condition (PLACEMENT, FALSE, "/user.slice/user-1000.slice/" SESSION));
  g_assert_true (is_condition (PLACEMENT, FALSE, "ends with the session"));
  g_assert_true (is_condition (PLACEMENT, FALSE, "Slice=kubernetes.slice"));
  g_assert_true (
      has_row ("('" KUBELET "', 'slice', 'kubernetes.slice', 'user-1000.slice', false)"));
  stop_scope (SESSION);
  look_again ();
  machine_wait_until (!has_condition (PLACEMENT));
}

/* The daemon of a runtime has no right place; it is known, and protected. */
static void
test_runtime (void)
{
  write_unit ("docker", "");
  g_free (machine_run ("systemctl start docker.service"));
  machine_wait_until (is_condition ("ContainerRuntime", TRUE,
                                    "docker: docker.service, in /system.slice/docker.service"));
  wait_for_score ("docker.service", 0, "-999");
  g_assert_false (has_condition ("Placement:docker.service"));
  remove_unit ("docker");
  machine_wait_until (is_condition ("ContainerRuntime", TRUE, "no daemon of a container runtime"));
}

/* Those that are somewhere else; one below the root of the pods is none. */
static void
test_containers (void)
{
  start_scope (STRAY, "system.slice", "sleep");
  start_scope ("docker-ff" ID ".scope", "system.slice", "sleep");
  look_again ();
  machine_wait_until (is_condition ("StrayContainers", FALSE, "1 container runs outside /machine"));
  g_assert_true (is_condition ("StrayContainers", FALSE, "docker 0123456789ab in /system.slice"));
  stop_scope (STRAY);
  start_scope (STRAY, "machine.slice", "sleep");
  look_again ();
  machine_wait_until (is_condition ("StrayContainers", TRUE, "no container runs outside"));
  stop_scope (STRAY);
  stop_scope ("docker-ff" ID ".scope");
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  remove_unit ("kubelet");
  remove_unit ("docker");
  g_test_add_func ("/daemons/none", test_none);
  g_test_add_func ("/daemons/system", test_system);
  g_test_add_func ("/daemons/mended", test_mended);
  g_test_add_func ("/daemons/restarts", test_restarts);
  g_test_add_func ("/daemons/own-score", test_own_score);
  g_test_add_func ("/daemons/daemon-restarts", test_daemon_restarts);
  g_test_add_func ("/daemons/stopped", test_stopped);
  g_test_add_func ("/daemons/session", test_session);
  g_test_add_func ("/daemons/runtime", test_runtime);
  g_test_add_func ("/daemons/containers", test_containers);
  return g_test_run ();
}
