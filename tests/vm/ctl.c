/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running nodecgroupsctl.
 */
#include "tests/vm/ctl.h"

#include "tests/unit/json-query.h"
#include "tests/vm/machine.h"

#include <string.h>
#include <sys/wait.h>

static Ctl *
run (int status, const char *user, const char *line)
{
  g_autofree char *command = g_strconcat (user, "nodecgroupsctl ", line, NULL);
  const char *const arguments[] = { "sh", "-c", command, NULL };
  g_autoptr (GError) error = NULL;
  Ctl *self = g_new0 (Ctl, 1);
  int wait_status;

  if (!g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                     &self->output, &self->errors, &wait_status, &error))
    machine_fail ("%s: %s", command, error->message);
  g_test_message ("%s\n%s%s", command, self->output, self->errors);
  if (!WIFEXITED (wait_status) || WEXITSTATUS (wait_status) != status)
    machine_fail ("%s: status 0x%x in place of %d: %s%s", command, (unsigned) wait_status, status,
                  self->output, self->errors);
  return self;
}

Ctl *
ctl_run (int status, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return run (status, "LC_ALL=C.UTF-8 ", line);
}

Ctl *
ctl_run_as_nobody (int status, const char *line)
{
  return run (status, "setpriv --reuid=65534 --regid=65534 --clear-groups ", line);
}

void
ctl_free (Ctl *self)
{
  g_free (self->output);
  g_free (self->errors);
  g_free (self);
}

static void
assert_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    machine_fail ("there is no \"%s\" in \"%s\"", part, text);
}

void
ctl_assert_output (const Ctl *self, const char *text)
{
  assert_contains (self->output, text);
}

void
ctl_assert_errors (const Ctl *self, const char *text)
{
  assert_contains (self->errors, text);
}

void
ctl_assert (const char *line, const char *text)
{
  g_autoptr (Ctl) ctl = ctl_run (0, "%s", line);

  ctl_assert_output (ctl, text);
}

void
ctl_assert_json (const char *line, const char *path, const char *expected)
{
  g_autoptr (Ctl) ctl = ctl_run (0, "--json %s", line);

  json_query_assert (ctl->output, path, expected);
}
