/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an event hands to the writer of messages.
 */
#include "daemon/events.h"

#include <string.h>

/* "KEY=VALUE" of each field of each message, a line for a message. */
static GString *written;

static GLogWriterOutput
on_message (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  g_string_append_printf (written, "%d", (int) level);
  for (gsize i = 0; i < n_fields; i++)
    g_string_append_printf (written, "|%s=%s", fields[i].key, (const char *) fields[i].value);
  g_string_append_c (written, '\n');
  return G_LOG_WRITER_HANDLED;
}

static void
assert_written (const char *expected)
{
  g_assert_cmpstr (written->str, ==, expected);
  g_string_truncate (written, 0);
}

#define COMMON "|GLIB_DOMAIN=nodecgroupsd|SYSLOG_IDENTIFIER=nodecgroupsd"

static void
test_fields (void)
{
  const guint64 zero = 0, most = G_MAXUINT64, kills = 3, pods = 4;
  const EventFields fields = {
    .pod_uid = "u",
    .container = "",
    .cgroup = "/c",
    .unit = "u.slice",
    .object = "o",
    .setting = "s",
    .wanted = "w",
    .actual = "a",
    .operation = "CreatePod",
    .condition = "X",
    .state = "ready",
    .caller_uid = &zero,
    .duration_usec = &most,
    .kills = &kills,
    .pods = &pods,
  };

  event_log (EVENT_NODE_READY, &fields, "it is %d", 7);
  assert_written (
      "32|MESSAGE=it is 7|MESSAGE_ID=ff6ed7a7c6074dce8b35eb5e1f890f04|PRIORITY=5" COMMON
      "|NODECGROUPS_POD_UID=u|NODECGROUPS_CONTAINER=|NODECGROUPS_CGROUP=/c"
      "|OBJECT_SYSTEMD_UNIT=u.slice|NODECGROUPS_OBJECT=o|NODECGROUPS_SETTING=s"
      "|NODECGROUPS_WANTED=w|NODECGROUPS_ACTUAL=a|NODECGROUPS_OPERATION=CreatePod"
      "|NODECGROUPS_CONDITION=X|NODECGROUPS_STATE=ready|NODECGROUPS_CALLER_UID=0"
      "|NODECGROUPS_DURATION_USEC=18446744073709551615|NODECGROUPS_KILLS=3|NODECGROUPS_PODS=4\n");
  event_log (EVENT_CONFIG_REFUSED, NULL, "%s", "no");
  assert_written ("16|MESSAGE=no|MESSAGE_ID=ce8a99bb28b1451eabbcba9e84bb718c|PRIORITY=4" COMMON
                  "\n");
}

static void
test_kill (void)
{
  event_log_oom_kill ("u", "c", "/x/u/c", "u-c.scope", 1);
  assert_written ("16|MESSAGE=1 process of pod u, container c killed for want of memory, in /x/u/c"
                  "|MESSAGE_ID=1379e574e26441c880a3c7fa642309e5|PRIORITY=4" COMMON
                  "|NODECGROUPS_POD_UID=u|NODECGROUPS_CONTAINER=c|NODECGROUPS_CGROUP=/x/u/c"
                  "|OBJECT_SYSTEMD_UNIT=u-c.scope|NODECGROUPS_KILLS=1\n");
  event_log_oom_kill ("u", "", "/x/u", NULL, 2);
  assert_written ("16|MESSAGE=2 processes of pod u killed for want of memory, in /x/u"
                  "|MESSAGE_ID=1379e574e26441c880a3c7fa642309e5|PRIORITY=4" COMMON
                  "|NODECGROUPS_POD_UID=u|NODECGROUPS_CONTAINER=|NODECGROUPS_CGROUP=/x/u"
                  "|NODECGROUPS_KILLS=2\n");
  g_assert_cmpstr (event_get_id (EVENT_OOM_KILLED), ==, "1379e574e26441c880a3c7fa642309e5");
}

/* The same is told of once; another user, operation or pod is not the same. */
static void
test_repeated (void)
{
  const guint64 one = 1, two = 2;
  EventFields fields = { .operation = "A", .pod_uid = "u", .caller_uid = &one };
  guint n_lines = 0;

  for (int i = 0; i < 100; i++)
    event_log (EVENT_CALL_DENIED, &fields, "%d", i);
  fields.caller_uid = &two;
  event_log (EVENT_CALL_DENIED, &fields, "another user");
  fields.pod_uid = "v";
  event_log (EVENT_CALL_DENIED, &fields, "another pod");
  fields.operation = "B";
  event_log (EVENT_CALL_DENIED, &fields, "another operation");
  event_log (EVENT_CALL_TIMED_OUT, &fields, "another event");
  for (const char *line = written->str; (line = strchr (line, '\n')) != NULL; line++)
    n_lines++;
  g_assert_cmpuint (n_lines, ==, 5);
  g_string_truncate (written, 0);
  /* What happens by itself is always told. */
  for (int i = 0; i < 100; i++) {
    event_log (EVENT_POD_VANISHED, &fields, "gone");
    g_assert_cmpuint (written->len, >, 0);
    g_string_truncate (written, 0);
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  written = g_string_new (NULL);
  g_log_set_writer_func (on_message, NULL, NULL);
  g_test_add_func ("/events/fields", test_fields);
  g_test_add_func ("/events/kill", test_kill);
  g_test_add_func ("/events/repeated", test_repeated);
  status = g_test_run ();
  g_string_free (written, TRUE);
  return status;
}
