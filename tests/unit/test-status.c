/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The status line: what it says, and how often.
 */
#include "daemon/status.h"

#include <string.h>

static StatusFacts facts;
static guint n_written;
static char *last;

static void
assert_line (const char *expected)
{
  g_autofree char *line = status_format (&facts, 3600 * (gint64) G_USEC_PER_SEC);

  g_assert_cmpstr (line, ==, expected);
}

static void
test_format (void)
{
  g_autofree char *message = g_strnfill (200, 'x');
  g_autofree char *line = NULL;

  facts = (StatusFacts){ .state = "ready" };
  assert_line ("ready, 0 pods");
  facts.n_pods = 1;
  facts.n_operations = 9;
  facts.silent_usec = 2 * G_USEC_PER_SEC;
  assert_line ("ready, 1 pod");
  facts.n_pods = 2;
  facts.n_operations = 10;
  assert_line ("ready, 2 pods, 10 operations under way");
  facts.n_operations = 0;
  facts.silent_usec = 5 * G_USEC_PER_SEC;
  assert_line ("ready, 2 pods; systemd does not answer since 00:59:55");
  facts = (StatusFacts){ .state = "degraded", .condition = "C", .message = "wrong" };
  assert_line ("degraded, 0 pods; C: wrong");
  /* One line stays one. */
  facts.message = message;
  line = status_format (&facts, 0);
  g_assert_cmpint (g_utf8_strlen (line, -1), <, 160);
  g_assert_true (g_str_has_suffix (line, "x…"));
}

static void
find_facts (StatusFacts *ret_facts, gpointer user_data)
{
  *ret_facts = facts;
}

static void
write_line (const char *line, gpointer user_data)
{
  n_written++;
  g_free (last);
  last = g_strdup (line);
}

static void
run_for (guint msec)
{
  gint64 end_usec = g_get_monotonic_time () + msec * 1000;

  while (g_get_monotonic_time () < end_usec) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
}

/* At once, then at most once a second, and the last state is what stays. */
static void
test_rate (void)
{
  const StatusOwner owner = { find_facts, write_line };
  g_autoptr (Status) status = status_new (&owner, NULL);

  facts = (StatusFacts){ .state = "ready" };
  n_written = 0;
  status_touch (status);
  g_assert_cmpuint (n_written, ==, 1);
  for (guint i = 1; i <= 1000; i++) {
    facts.n_pods = i;
    status_touch (status);
  }
  g_assert_cmpuint (n_written, ==, 1);
  run_for (1500);
  g_assert_cmpuint (n_written, ==, 2);
  g_assert_cmpstr (last, ==, "ready, 1000 pods");
  /* What does not change is not written. */
  run_for (1500);
  status_touch (status);
  run_for (1500);
  g_assert_cmpuint (n_written, ==, 2);
  status_forget (status);
  status_touch (status);
  run_for (1500);
  g_assert_cmpuint (n_written, ==, 3);
}

/* A touch that changes nothing wakes up nobody later. */
static void
test_quiet (void)
{
  const StatusOwner owner = { find_facts, write_line };
  g_autoptr (Status) status = status_new (&owner, NULL);

  facts = (StatusFacts){ .state = "ready" };
  status_touch (status);
  run_for (1100);
  n_written = 0;
  status_touch (status);
  g_assert_null (g_main_context_find_source_by_user_data (NULL, status));
  /* The next one says another thing, and has to wait. */
  facts.n_pods = 1;
  status_touch (status);
  g_assert_nonnull (g_main_context_find_source_by_user_data (NULL, status));
  g_assert_cmpuint (n_written, ==, 0);
  run_for (1500);
  g_assert_cmpuint (n_written, ==, 1);
  g_assert_null (g_main_context_find_source_by_user_data (NULL, status));
}

/* While something is under way it looks by itself. */
static void
test_waiting (void)
{
  const StatusOwner owner = { find_facts, write_line };
  g_autoptr (Status) status = status_new (&owner, NULL);

  facts = (StatusFacts){ .state = "ready", .n_operations = 1 };
  status_touch (status);
  facts.silent_usec = 10 * G_USEC_PER_SEC;
  run_for (2500);
  g_assert_nonnull (strstr (last, "systemd does not answer since"));
  facts.silent_usec = 0;
  run_for (1500);
  g_assert_cmpstr (last, ==, "ready, 0 pods");
}

int
main (int argc, char **argv)
{
  int status;

  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/status/format", test_format);
  g_test_add_func ("/status/rate", test_rate);
  g_test_add_func ("/status/quiet", test_quiet);
  g_test_add_func ("/status/waiting", test_waiting);
  status = g_test_run ();
  g_free (last);
  return status;
}
