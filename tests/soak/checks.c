/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks.
 */
#include "tests/soak/checks.h"

#include "tests/soak/report.h"

#include <stdlib.h>
#include <string.h>

/* The daemon learns from systemd that a container has ended, and systemd from the kernel. */
#define SETTLE_USEC (20 * G_USEC_PER_SEC)
#define PAUSE_USEC 100000

/* A set of names. */
static GHashTable *
new_set (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static GHashTable *
list (const char *line)
{
  g_autofree char *output = report_run (FALSE, "%s", line);
  g_auto (GStrv) words = g_strsplit_set (output, " \n", -1);
  GHashTable *set = new_set ();

  for (char **word = words; *word != NULL; word++)
    if (**word != '\0')
      g_hash_table_add (set, g_strdup (*word));
  return set;
}

static guint
subtract (GHashTable *all, GHashTable *less, GString *text)
{
  GHashTableIter iter;
  gpointer name;
  guint n = 0;

  g_hash_table_iter_init (&iter, all);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_hash_table_contains (less, name) && n++ < 10)
      g_string_append_printf (text, " %s", (const char *) name);
  return n;
}

/* @is_partial: not everything that is wanted has to be there */
static gboolean
compare (
    const char *what, GHashTable *actual, GHashTable *wanted, gboolean is_partial, gboolean quiet)
{
  g_autoptr (GString) missing = g_string_new (NULL);
  g_autoptr (GString) beyond = g_string_new (NULL);
  guint n_missing = is_partial ? 0 : subtract (wanted, actual, missing);
  guint n_beyond = subtract (actual, wanted, beyond);

  if (quiet)
    return n_missing == 0 && n_beyond == 0;
  if (n_missing > 0)
    report_fail ("%u %s are missing:%s", n_missing, what, missing->str);
  if (n_beyond > 0)
    report_fail ("%u %s are too many:%s", n_beyond, what, beyond->str);
  return n_missing == 0 && n_beyond == 0;
}

/* What there should be, by the models. */
typedef struct {
  GHashTable *units;
  GHashTable *cgroups;
  GHashTable *processes;
  GHashTable *files;
  guint n_pods;
} Wanted;

static void
add_pod (Wanted *wanted, const SoakPod *pod)
{
  wanted->n_pods++;
  g_hash_table_add (wanted->units, g_strdup (pod->slice));
  g_hash_table_add (wanted->cgroups, g_strdup (pod->cgroup));
  g_hash_table_add (wanted->files, g_strconcat (pod->uid, ".pod", NULL));
  for (guint i = 0; i < pod->containers->len; i++) {
    const SoakContainer *container = g_ptr_array_index (pod->containers, i);

    if (!soak_container_is_there (container))
      continue;
    g_hash_table_add (wanted->units, g_strdup (container->unit));
    g_hash_table_add (wanted->cgroups, g_strdup (container->cgroup));
    for (guint j = 0; j < container->processes->len; j++) {
      const SoakProcess *process = g_ptr_array_index (container->processes, j);
      g_hash_table_add (wanted->processes, g_strdup_printf ("%d", (int) process->pid));
    }
  }
}

static Wanted
collect (GPtrArray *clients)
{
  Wanted wanted = { new_set (), new_set (), new_set (), new_set (), 0 };
  static const char *const parents[] = { "/machine.slice", "/machine.slice/machine-burstable.slice",
                                         "/machine.slice/machine-besteffort.slice" };

  for (gsize i = 0; i < G_N_ELEMENTS (parents); i++)
    g_hash_table_add (wanted.cgroups, g_strdup (parents[i]));
  for (guint i = 0; i < clients->len; i++) {
    const Client *client = g_ptr_array_index (clients, i);

    for (guint j = 0; j < client->pods->len; j++) {
      const SoakPod *pod = g_ptr_array_index (client->pods, j);

      if (pod->exists)
        add_pod (&wanted, pod);
    }
  }
  return wanted;
}

static void
clear (Wanted *wanted)
{
  g_hash_table_unref (wanted->units);
  g_hash_table_unref (wanted->cgroups);
  g_hash_table_unref (wanted->processes);
  g_hash_table_unref (wanted->files);
}

/* The units that are there in any state. */
#define LIST_UNITS                                                                                 \
  "systemctl list-units --all --full --plain --no-legend 'machine-*pod*' 'podc*' | "               \
  "awk '{ print $1 }'"

static void
check_units (const Wanted *wanted)
{
  gint64 deadline = g_get_monotonic_time () + SETTLE_USEC;

  for (;;) {
    g_autoptr (GHashTable) units = list (LIST_UNITS);
    gboolean is_late = g_get_monotonic_time () > deadline;

    if (compare ("units", units, wanted->units, FALSE, !is_late) || is_late)
      return;
    g_usleep (PAUSE_USEC);
  }
}

/* In one hierarchy, by a line of the shell. */
static void
check_cgroups_in (const char *mount, const char *find, const Wanted *wanted, gboolean is_main)
{
  g_autofree char *what = g_strdup_printf ("cgroups in %s", mount);
  gint64 deadline = g_get_monotonic_time () + SETTLE_USEC;

  for (;;) {
    g_autoptr (GHashTable) cgroups = list (find);
    gboolean is_late = g_get_monotonic_time () > deadline || report_has_failed ();

    if (compare (what, cgroups, wanted->cgroups, !is_main, !is_late) || is_late)
      return;
    g_usleep (PAUSE_USEC);
  }
}

/* Each hierarchy has a part of the directories, the main one all. */
static void
check_cgroups (const Wanted *wanted)
{
  g_autofree char *output =
      report_run (FALSE, "findmnt -lno TARGET,FSTYPE,OPTIONS -t cgroup,cgroup2");
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  gboolean has_named = strstr (output, "name=systemd") != NULL;

  for (char **line = lines; *line != NULL; line++) {
    g_autofree char *mount = g_strndup (*line, strcspn (*line, " "));
    gboolean is_main =
        has_named ? strstr (*line, "name=systemd") != NULL : strstr (*line, " cgroup2 ") != NULL;
    g_autofree char *find = g_strdup_printf (
        "cd '%s' && { test ! -d machine.slice || find machine.slice -type d -printf '/%%p\\n'; }",
        mount);

    check_cgroups_in (mount, find, wanted, is_main);
  }
}

/* No process but those that were joined. */
static void
check_processes (const Wanted *wanted)
{
  g_autoptr (GHashTable) processes =
      list ("findmnt -lno TARGET -t cgroup,cgroup2 | while read -r mount; do "
            "test ! -d $mount/machine.slice || "
            "find $mount/machine.slice -name cgroup.procs -exec cat {} +; done | sort -u");

  compare ("processes in pods", processes, wanted->processes, FALSE, FALSE);
}

static void
check_files (const Wanted *wanted)
{
  g_autoptr (GHashTable) files = list ("ls -A /run/nodecgroups/pods");
  g_autoptr (GHashTable) units =
      list ("ls /run/systemd/transient /run/systemd/system.control 2>/dev/null | sed 's/\\.d$//' | "
            "grep -e '^machine-.*pod' -e '^podc' | sort -u || true");

  compare ("files", files, wanted->files, FALSE, FALSE);
  compare ("transient units", units, wanted->units, TRUE, FALSE);
}

static void
check_leaves (Client *client, const SoakPod *pod)
{
  for (guint i = 0; i < pod->containers->len; i++) {
    const SoakContainer *container = g_ptr_array_index (pod->containers, i);

    for (guint j = 0; j < container->processes->len; j++) {
      const SoakProcess *process = g_ptr_array_index (container->processes, j);
      g_autofree char *wrong = soak_pod_check_process (pod, container, process);

      if (!soak_process_is_alive (process))
        client_fail (client, "process %d of pod %s has ended", (int) process->pid, pod->uid);
      else if (wrong != NULL)
        client_fail (client, "%s", wrong);
    }
  }
}

static GHashTable *
list_containers (Client *client, const SoakPod *pod)
{
  g_autoptr (GVariant) reply =
      client_call (client, pod->object, "org.freedesktop.DBus.Properties.Get",
                   g_variant_new ("(ss)", LINK_NAME ".Pod", "Containers"), NULL, NULL, NULL);
  g_autoptr (GVariant) value = NULL;
  GHashTable *set = new_set ();
  GVariantIter iter;
  const char *name, *unit, *cgroup, *state;

  if (reply == NULL)
    return set;
  g_variant_get (reply, "(v)", &value);
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "(&s&s&s&s)", &name, &unit, &cgroup, &state))
    g_hash_table_add (set, g_strdup_printf ("%s=%s=%s=%s", name, unit, cgroup, state));
  return set;
}

static void
check_containers (Client *client, const SoakPod *pod)
{
  gint64 deadline = g_get_monotonic_time () + SETTLE_USEC;
  g_autoptr (GHashTable) wanted = new_set ();
  g_autofree char *what = g_strdup_printf ("containers of pod %s", pod->uid);

  for (guint i = 0; i < pod->containers->len; i++) {
    const SoakContainer *container = g_ptr_array_index (pod->containers, i);

    if (soak_container_is_there (container))
      g_hash_table_add (wanted, g_strdup_printf ("%s=%s=%s=active", container->name,
                                                 container->unit, container->cgroup));
  }
  for (;;) {
    g_autoptr (GHashTable) actual = list_containers (client, pod);
    gboolean is_late = g_get_monotonic_time () > deadline || report_has_failed ();

    if (compare (what, actual, wanted, FALSE, !is_late) || is_late)
      return;
    g_usleep (PAUSE_USEC);
  }
}

/* A row that is not right, of whatever cgroup. */
static void
verify (Client *client, const SoakPod *pod)
{
  g_autoptr (GVariant) reply = client_call (client, LINK_PATH, "VerifyPod",
                                            g_variant_new ("(s)", pod->uid), NULL, NULL, NULL);
  g_autoptr (GVariantIter) iter = NULL;
  const char *cgroup, *setting, *wanted, *actual;
  gboolean ok;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(a(ssssb))", &iter);
  while (g_variant_iter_next (iter, "(&s&s&s&sb)", &cgroup, &setting, &wanted, &actual, &ok))
    if (!ok)
      client_fail (client, "%s of %s should be '%s', and is '%s'", setting, cgroup, wanted, actual);
}

/* Two limits without the daemon's help: as the kernel has them. */
static void
check_limits (Client *client, const SoakPod *pod)
{
  static const struct {
    const char *key, *v1, *v2;
  } files[] = { { "PidsLimit", "pids/%s/pids.max", "%s/pids.max" },
                { "MemoryLimit", "memory/%s/memory.limit_in_bytes", "%s/memory.max" } };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    guint64 wanted = soak_spec_get (&pod->spec, files[i].key);
    gboolean is_v1 = g_file_test ("/sys/fs/cgroup/memory", G_FILE_TEST_IS_DIR);
    g_auto (GStrv) parts = g_strsplit (is_v1 ? files[i].v1 : files[i].v2, "%s", 2);
    g_autofree char *path = g_strconcat ("/sys/fs/cgroup/", parts[0], pod->cgroup, parts[1], NULL);
    g_autofree char *text = NULL;

    if (wanted > 0 && (!g_file_get_contents (path, &text, NULL, NULL) ||
                       g_ascii_strtoull (text, NULL, 10) != wanted))
      client_fail (client, "%s should be %" G_GUINT64_FORMAT ", and is %s", path, wanted,
                   text != NULL ? text : "missing");
  }
}

static void
check_pod (Client *client, const SoakPod *pod)
{
  check_leaves (client, pod);
  check_containers (client, pod);
  verify (client, pod);
  check_limits (client, pod);
}

static void
check_count (Client *client, guint n_pods)
{
  g_autoptr (GVariant) reply =
      client_call (client, LINK_PATH, "org.freedesktop.DBus.Properties.Get",
                   g_variant_new ("(ss)", LINK_NAME, "PodCount"), NULL, NULL, NULL);
  g_autoptr (GVariant) value = NULL;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(v)", &value);
  if (g_variant_get_uint32 (value) != n_pods)
    report_fail ("there are %u pods instead of %u", g_variant_get_uint32 (value), n_pods);
}

void
checks_run (GPtrArray *clients)
{
  Wanted wanted = collect (clients);

  report_note ("checking %u pods with %u processes", wanted.n_pods,
               g_hash_table_size (wanted.processes));
  for (guint i = 0; i < clients->len; i++) {
    Client *client = g_ptr_array_index (clients, i);

    queries_check_list (client);
    for (guint j = 0; j < client->pods->len; j++) {
      const SoakPod *pod = g_ptr_array_index (client->pods, j);

      if (pod->exists)
        check_pod (client, pod);
    }
  }
  check_count (g_ptr_array_index (clients, 0), wanted.n_pods);
  check_units (&wanted);
  check_cgroups (&wanted);
  check_processes (&wanted);
  check_files (&wanted);
  clear (&wanted);
}

/* What GLib finds wrong with its use, what a sanitizer finds, and ends that nobody asked for. */
#define BAD_LINES                                                                                  \
  "journalctl --no-pager -o short-precise -u nodecgroupsd.service | grep -E "                      \
  "-e 'CRITICAL|assertion|g_[a-z_]+: |Sanitizer|runtime error|stack smashing' "                    \
  "-e 'code=(dumped|exited)' -e 'status=([^9]|9[^/])' -e 'atchdog' | head -n 20"

void
checks_read_journal (void)
{
  g_autofree char *lines = report_run (TRUE, "%s", BAD_LINES);

  if (lines[0] != '\0')
    report_fail ("the journal has of the daemon:\n%s", lines);
}
