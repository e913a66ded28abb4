/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine.
 */
#include "tests/vm/machine.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Some things the daemon looks at each minute. */
#define DEADLINE_USEC (150 * G_USEC_PER_SEC)
#define PAUSE_USEC 20000

void
machine_init (int argc, char **argv)
{
  char tap[] = "--tap";
  g_autofree char **arguments = g_new0 (char *, (gsize) argc + 2);

  memcpy (arguments, argv, (gsize) argc * sizeof (char *));
  arguments[argc++] = tap;
  g_test_init (&argc, &arguments, NULL);
}

void
machine_fail (const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_assertion_message (G_LOG_DOMAIN, __FILE__, __LINE__, G_STRFUNC, message);
  abort ();
}

gint64
machine_get_deadline (void)
{
  return g_get_monotonic_time () + DEADLINE_USEC;
}

void
machine_pause (gint64 deadline, const char *condition, const char *where)
{
  if (g_get_monotonic_time () > deadline)
    machine_fail ("%s: it never came to be that %s", where, condition);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_usleep (PAUSE_USEC);
}

static gboolean
run (const char *line, char **ret_output)
{
  const char *argv[] = { "/bin/sh", "-c", line, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, ret_output, NULL, &status,
                &error);
  g_assert_no_error (error);
  return status == 0;
}

char *
machine_run (const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autofree char *output = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (!run (line, &output))
    machine_fail ("'%s' failed", line);
  return g_strchomp (g_steal_pointer (&output));
}

gboolean
machine_try (const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autofree char *output = NULL;
  gboolean ok;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  ok = run (line, &output);
  if (output[0] != '\0')
    g_printerr ("%s: %s", line, output);
  return ok;
}

gboolean
machine_has_systemd (void)
{
  return g_file_test ("/run/systemd/system", G_FILE_TEST_IS_DIR);
}

const NcgHierarchy *
machine_get_hierarchy (void)
{
  static NcgHierarchy *hierarchy;
  g_autoptr (GError) error = NULL;

  if (hierarchy == NULL)
    hierarchy = ncg_hierarchy_detect ("", &error);
  g_assert_no_error (error);
  return hierarchy;
}

char *
machine_show (const char *unit, const char *property)
{
  return machine_run ("systemctl show -P %s -- '%s'", property, unit);
}

/* What systemctl prints of one unit, until an empty line. */
static void
parse_unit (GHashTable *shown, char **lines)
{
  const char *unit = NULL;

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, "Id="))
      unit = *line + strlen ("Id=");
  for (char **line = lines; unit != NULL && *line != NULL; line++) {
    char *value = strchr (*line, '=');

    if (value == NULL)
      continue;
    g_hash_table_insert (shown, g_strdup_printf ("%s %.*s", unit, (int) (value - *line), *line),
                         g_strdup (value + 1));
  }
}

GHashTable *
machine_show_all (const char *const *units)
{
  GHashTable *shown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *names = g_strjoinv ("' '", (char **) units);
  g_autofree char *text = machine_run ("systemctl show -- '%s'", names);
  g_auto (GStrv) blocks = g_strsplit (text, "\n\n", -1);

  for (char **block = blocks; *block != NULL; block++) {
    g_auto (GStrv) lines = g_strsplit (*block, "\n", -1);
    parse_unit (shown, lines);
  }
  return shown;
}

/* systemctl has a word for no limit, but not for every property. */
static gboolean
is_same_value (const char *actual, const char *wanted)
{
  return g_strcmp0 (actual, wanted) == 0 ||
         (g_str_equal (wanted, "infinity") && g_strcmp0 (actual, "18446744073709551615") == 0);
}

void
machine_assert_shown (GHashTable *shown, const char *unit, const char *wanted)
{
  const char *const units[] = { unit, NULL };
  g_autoptr (GHashTable) all = shown != NULL ? g_hash_table_ref (shown) : machine_show_all (units);
  g_auto (GStrv) pairs = g_strsplit (wanted, " ", -1);

  for (char **pair = pairs; *pair != NULL; pair++) {
    char *value = strchr (*pair, '=');
    g_autofree char *key = g_strdup_printf ("%s %.*s", unit, (int) (value - *pair), *pair);
    const char *actual = g_hash_table_lookup (all, key);

    if (!is_same_value (actual, value + 1))
      machine_fail ("systemctl show %s: %s should be shown, but it is '%s'", unit, *pair,
                    actual != NULL ? actual : "missing");
  }
}

char *
machine_list_units (const char *pattern)
{
  return machine_run ("systemctl list-units --all --full --plain --no-legend '%s' | "
                      "awk '{ print $1 }' | sort | paste -sd ' '",
                      pattern);
}

void
machine_reload_systemd (void)
{
  g_free (machine_run ("systemctl daemon-reload"));
}

void
machine_reexecute_systemd (void)
{
  g_free (machine_run ("systemctl daemon-reexec"));
  machine_wait_until (machine_try ("systemctl show -P Version >/dev/null"));
}

static void
freeze_systemd (int value)
{
  const char *hybrid = "/sys/fs/cgroup/unified";
  const char *root = g_file_test (hybrid, G_FILE_TEST_IS_DIR) ? hybrid : "/sys/fs/cgroup";

  g_free (machine_run ("echo %d >%s/init.scope/cgroup.freeze", value, root));
}

void
machine_stop_systemd (void)
{
  freeze_systemd (1);
}

void
machine_continue_systemd (void)
{
  freeze_systemd (0);
  machine_wait_until (machine_try ("systemctl show -P Version >/dev/null"));
}

static char *
read_path (const char *path)
{
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? g_strchomp (text) : NULL;
}

/* The hierarchies without a controller, and one that is there on all machines without those. */
static const char *
find_main_mount (void)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();
  const char *mount = hierarchy->unified_mount;

  if (mount == NULL)
    mount = g_hash_table_lookup (hierarchy->v1_mounts, "name=systemd");
  if (mount == NULL)
    mount = g_hash_table_lookup (hierarchy->v1_mounts, "memory");
  g_assert_nonnull (mount);
  return mount;
}

static char *
build_path (const char *cgroup, const char *file)
{
  g_autofree char *controller = g_strndup (file, strcspn (file, "."));
  const char *mount = g_hash_table_lookup (machine_get_hierarchy ()->v1_mounts, controller);

  return g_build_filename (mount != NULL ? mount : find_main_mount (), cgroup, file, NULL);
}

char *
machine_read (const char *cgroup, const char *file)
{
  g_autofree char *path = build_path (cgroup, file);

  return read_path (path);
}

guint64
machine_read_number (const char *cgroup, const char *file)
{
  g_autofree char *text = machine_read (cgroup, file);

  if (text == NULL || !g_ascii_isdigit (text[0]))
    machine_fail ("%s/%s should be a number, and is '%s'", cgroup, file, text ? text : "missing");
  return g_ascii_strtoull (text, NULL, 10);
}

guint64
machine_read_key (const char *cgroup, const char *file, const char *key)
{
  g_autofree char *text = machine_read (cgroup, file);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  gsize length = strlen (key);

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, key) && (*line)[length] == ' ')
      return g_ascii_strtoull (*line + length, NULL, 10);
  machine_fail ("%s/%s has no '%s'", cgroup, file, key);
}

void
machine_write (const char *cgroup, const char *file, const char *value)
{
  g_autofree char *path = build_path (cgroup, file);
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd < 0 || write (fd, value, strlen (value)) < 0)
    machine_fail ("'%s' cannot be written to %s: %m", value, path);
  close (fd);
}

gboolean
machine_has_cgroup (const char *cgroup)
{
  g_autofree char *path = g_build_filename (find_main_mount (), cgroup, NULL);

  return g_file_test (path, G_FILE_TEST_IS_DIR);
}

void
machine_assert_files (const char *cgroup, const char *wanted)
{
  g_auto (GStrv) pairs = g_strsplit (wanted, ";", -1);

  for (char **pair = pairs; *pair != NULL; pair++) {
    char *value = strchr (*pair, '=');
    g_autofree char *file = g_strndup (*pair, (gsize) (value - *pair));
    g_autofree char *actual = machine_read (cgroup, file);

    if (g_strcmp0 (actual, value + 1) != 0)
      machine_fail ("%s of %s should be '%s', and is '%s'", file, cgroup, value + 1,
                    actual != NULL ? actual : "missing");
  }
}

char *
machine_list_pod_cgroups (void)
{
  return machine_run ("find '%s/machine.slice' -type d -name 'machine-*pod*.slice' "
                      "-printf '%%f\\n' | sort | paste -sd ' '",
                      find_main_mount ());
}

char *
machine_list_pod_files (void)
{
  return machine_run ("ls -A " MACHINE_POD_FILES " | sort | paste -sd ' '");
}

/* ID:CONTROLLERS:CGROUP, of the hierarchy that is mounted alone as @name; "" is the unified one. */
static char *
find_line (const char *text, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++) {
    g_auto (GStrv) fields = g_strsplit (*line, ":", 3);

    if (g_strv_length (fields) == 3 && g_str_equal (fields[1], name))
      return g_strdup (fields[2]);
  }
  return NULL;
}

char *
machine_find_process (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/cgroup", (int) pid);
  g_autofree char *text = read_path (path);
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();
  const char *wanted = hierarchy->unified_mount != NULL ? "" : "name=systemd";

  if (hierarchy->unified_mount == NULL && !g_hash_table_contains (hierarchy->v1_mounts, wanted))
    wanted = "memory";
  return text != NULL ? find_line (text, wanted) : NULL;
}

void
machine_assert_process_in (pid_t pid, const char *cgroup)
{
  g_autofree char *actual = machine_find_process (pid);

  if (g_strcmp0 (actual, cgroup) != 0)
    machine_fail ("process %d should be in %s, and is in %s", (int) pid, cgroup,
                  actual != NULL ? actual : "no cgroup");
}
