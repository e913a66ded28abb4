/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the user sees of an error.
 */
#include "cli/failure.h"

#include "lib/error.h"

#include <gio/gio.h>
#include <string.h>

#define OURS "org.example.NodeCgroups.Error."
#define BUS "org.freedesktop.DBus.Error."

static const struct {
  const char *name; /* of the error on the bus */
  ExitStatus status;
  const char *hint; /* in it */
} rows[] = {
  { OURS "InvalidArgument", 2, "Try: nodecgroupsctl pod --help" },
  { OURS "NoSuchPod", 3, "Try: nodecgroupsctl pods" },
  { OURS "NoSuchContainer", 3, "Try: nodecgroupsctl pod UID" },
  { OURS "NoSuchProcess", 3, "Try: ps" },
  { OURS "PodExists", 1, "nodecgroupsctl update" },
  { OURS "ContainerExists", 1, "nodecgroupsctl update" },
  { OURS "NotSupported", 1, "without that setting" },
  { OURS "NotReady", 6, "again" },
  { OURS "Busy", 6, "again" },
  { OURS "Timeout", 6, "again" },
  { OURS "LimitExceeded", 6, "again" },
  { OURS "SystemdFailed", 1, "journalctl" },
  { OURS "Failed", 1, "journalctl" },
  { OURS "OneThatIsToCome", 1, "journalctl" },
  { BUS "AccessDenied", 4, "as root" },
  { BUS "ServiceUnknown", 5, "install the package nodecgroups" },
  { BUS "Spawn.ChildExited", 5, "systemctl start nodecgroupsd" },
  { "org.freedesktop.systemd1.UnitMasked", 5, "Try: systemctl unmask nodecgroupsd" },
  { "org.freedesktop.systemd1.NoSuchUnit", 5, "install the package nodecgroups" },
  { "org.freedesktop.systemd1.JobFailed", 5, "Try: systemctl start nodecgroupsd" },
  { BUS "NoReply", 5, "journalctl" },
  { BUS "Disconnected", 5, "systemctl status dbus" },
  { BUS "UnknownMethod", 1, "systemctl restart nodecgroupsd" },
  { "com.example.Whatever", 1, "" },
};

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = g_dbus_error_new_for_dbus_error (rows[i].name, "it is so");
    ExitStatus status;
    g_autofree char *text = failure_format (error, "pod", &status);

    g_test_message ("%s", text);
    g_assert_cmpint (status, ==, rows[i].status);
    g_assert_true (g_str_has_prefix (text, "nodecgroupsctl: "));
    g_assert_nonnull (strstr (text, "it is so\n"));
    g_assert_null (strstr (text, "GDBus"));
    g_assert_nonnull (strstr (text, rows[i].hint));
  }
}

/* None of the daemon's errors is without a row. */
static void
test_all (void)
{
  for (guint code = 0; code < NCG_ERROR_N_PUBLIC; code++) {
    g_autoptr (GError) error = g_dbus_error_new_for_dbus_error (ncg_error_get_name (code), "x");
    ExitStatus status;
    g_autofree char *text = failure_format (error, "pods", &status);

    g_assert_nonnull (strstr (text, "\nTry: "));
  }
}

/* Before what nobody reads to its end. */
static void
test_denied (void)
{
  g_autoptr (GError) error = g_dbus_error_new_for_dbus_error (
      BUS "AccessDenied", "Rejected send message, 2 matched rules");
  ExitStatus status;
  g_autofree char *text = failure_format (error, "create", &status);

  g_assert_true (g_str_has_prefix (text, "nodecgroupsctl: it is not permitted: Rejected send "));
  /* Root is told so of nothing else. */
  g_assert_nonnull (strstr (text, "systemctl stop of its slice"));
}

static void
test_of_verbs (void)
{
  g_autoptr (GError) invalid = g_dbus_error_new_for_dbus_error (OURS "InvalidArgument", "x");
  g_autoptr (GError) none = g_dbus_error_new_for_dbus_error (OURS "NoSuchPod", "x");
  ExitStatus status;
  g_autofree char *of_reload = failure_format (invalid, "reload", &status);
  g_autoptr (GError) busy = g_dbus_error_new_for_dbus_error (OURS "Busy", "x");
  g_autofree char *of_create = NULL;
  g_autofree char *of_join = NULL;

  g_assert_cmpint (status, ==, EXIT_STATUS_FAILED);
  g_assert_nonnull (strstr (of_reload, "nodecgroupsd --check-config"));
  of_create = failure_format (none, "create", &status);
  g_assert_cmpint (status, ==, EXIT_STATUS_NOT_FOUND);
  g_assert_nonnull (strstr (of_create, "nodecgroupsctl create UID"));
  of_join = failure_format (busy, "join", &status);
  g_assert_cmpint (status, ==, EXIT_STATUS_TRY_AGAIN);
  g_assert_nonnull (strstr (of_join, "nodecgroupsctl join with Subgroup="));
}

static void
assert_local (GQuark domain, int code, const char *verb, ExitStatus expected, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (domain, code, "it\033 is\nso");
  ExitStatus status;
  g_autofree char *actual = failure_format (error, verb, &status);

  g_assert_cmpstr (actual, ==, text);
  g_assert_cmpint (status, ==, expected);
}

static void
test_local (void)
{
  assert_local (EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "pod", EXIT_STATUS_USAGE,
                "nodecgroupsctl: it\\x1b is\nso\nTry: nodecgroupsctl pod --help\n");
  assert_local (G_OPTION_ERROR, G_OPTION_ERROR_FAILED, NULL, EXIT_STATUS_USAGE,
                "nodecgroupsctl: it\\x1b is\nso\nTry: nodecgroupsctl --help\n");
  assert_local (EXIT_STATUS_ERROR, EXIT_STATUS_UNREACHABLE, "pod", EXIT_STATUS_UNREACHABLE,
                "nodecgroupsctl: it\\x1b is\nso\n"
                "Try: systemctl status dbus nodecgroupsd, on that machine; with --host, ssh to it; "
                "with --user, systemctl --user status dbus\n");
  assert_local (EXIT_STATUS_ERROR, EXIT_STATUS_NOT_FOUND, "join", EXIT_STATUS_NOT_FOUND,
                "nodecgroupsctl: it\\x1b is\nso\nTry: ps, whether it still runs\n");
  assert_local (EXIT_STATUS_ERROR, EXIT_STATUS_FAILED, "pod", EXIT_STATUS_FAILED,
                "nodecgroupsctl: it\\x1b is\nso\n");
  assert_local (EXIT_STATUS_ERROR, EXIT_STATUS_FAILED, "top", EXIT_STATUS_FAILED,
                "nodecgroupsctl: it\\x1b is\nso\n"
                "Try: nodecgroupsctl top --batch, or with another TERM in the environment\n");
  assert_local (G_FILE_ERROR, G_FILE_ERROR_NOENT, "plan", EXIT_STATUS_FAILED,
                "nodecgroupsctl: it\\x1b is\nso\n");
}

static void
test_described (void)
{
  g_autoptr (GError) timeout = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "a\nb\033");
  g_autofree char *text = failure_describe (timeout);

  g_assert_cmpstr (text, ==, "nodecgroupsd has not answered: a b\\x1b");
}

static void
test_lost (void)
{
  g_autoptr (GError) timeout = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "x");
  g_autoptr (GError) closed = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, "x");
  ExitStatus status;
  g_autofree char *no_answer = failure_format (timeout, "pod", &status);
  g_autofree char *no_bus = NULL;

  g_assert_cmpint (status, ==, EXIT_STATUS_UNREACHABLE);
  g_assert_nonnull (strstr (no_answer, "nodecgroupsd has not answered: x\n"));
  no_bus = failure_format (closed, "pod", &status);
  g_assert_cmpint (status, ==, EXIT_STATUS_UNREACHABLE);
  g_assert_nonnull (strstr (no_bus, "the connection to the bus has ended: x\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/failure/rows", test_rows);
  g_test_add_func ("/failure/all", test_all);
  g_test_add_func ("/failure/denied", test_denied);
  g_test_add_func ("/failure/of-verbs", test_of_verbs);
  g_test_add_func ("/failure/local", test_local);
  g_test_add_func ("/failure/described", test_described);
  g_test_add_func ("/failure/lost", test_lost);
  return g_test_run ();
}
