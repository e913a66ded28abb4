/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of a process: a command may have any name, and what is told of the cgroup is a line of
 * the file. The process is the target's own, with a /proc of the input's making.
 */
#include "lib/error.h"
#include "lib/process.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const files[] = { "7/cgroup", "7/stat", "7/status", NULL };

/* Whether a line of @text says that @path is the cgroup. */
static gboolean
has_line (const char *text, gboolean is_v1, const char *path)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *unified = g_strconcat ("0::", path, NULL);
  g_autofree char *end = g_strconcat (":", path, NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    if (is_v1 ? g_str_has_suffix (lines[i], end) && strstr (lines[i], "cpu") != NULL
              : g_str_equal (lines[i], unified))
      return TRUE;
  return FALSE;
}

static void
check_cgroup (const NcgProcess *process, const char *proc, gboolean is_v1)
{
  static char *controllers[] = { "cpu", "cpuacct", NULL };
  const NcgTree tree = { .mount = "/cgroup", .is_v1 = is_v1, .controllers = controllers };
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_build_filename (proc, "7/cgroup", NULL);
  g_autofree char *text = NULL;
  g_autofree char *path = ncg_process_read_cgroup_of_pid (proc, 7, &tree, &error);
  g_autofree char *again = NULL;

  fuzz_check_result (path != NULL, &error);
  if (process != NULL) {
    again = ncg_process_read_cgroup (process, proc, &tree, &error);
    fuzz_check_result (again != NULL, &error);
    g_assert_cmpstr (again, ==, path);
  }
  if (path == NULL)
    return;
  g_assert_null (strchr (path, '\n'));
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_true (has_line (text, is_v1, path));
}

static void
check_description (const char *proc)
{
  g_autofree char *description = ncg_process_describe (proc, 7);

  g_assert_true (g_utf8_validate (description, -1, NULL));
  g_assert_true (g_str_equal (description, "7") || g_str_has_prefix (description, "7 ("));
  g_assert_cmpuint (strlen (description), <, 64 * strlen ("\\x00") * 4 + 40);
  g_assert_null (strpbrk (description, "\"\n\t\r\x1b"));
}

static void
check_uid (const NcgProcess *process, const char *proc)
{
  g_autoptr (GError) error = NULL;
  uid_t uid;

  fuzz_check_result (ncg_process_read_uid (process, proc, &uid, &error), &error);
}

static void
check_whole (const NcgProcess *process, const char *proc)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) tgid_error = NULL;
  pid_t pid = 0;

  fuzz_check_result (ncg_process_check_whole (process, &error), &error);
  fuzz_check_result (ncg_process_read_tgid (proc, process->pid, &pid, &tgid_error), &tgid_error);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgProcess) process = NULL;
  const char *proc = fuzz_directory ();
  g_autofree char *own = g_strdup_printf ("%s/%d", proc, (int) getpid ());

  fuzz_make_directory ("7");
  if (symlink ("7", own) == 0)
    g_debug ("made %s", own);
  fuzz_write_files (files, data, size);

  process = ncg_process_open (proc, getpid (), &error);
  fuzz_check_result (process != NULL, &error);
  check_cgroup (process, proc, FALSE);
  check_cgroup (process, proc, TRUE);
  check_description (proc);
  if (process != NULL) {
    check_uid (process, proc);
    ncg_process_is_ending (process, proc);
    check_whole (process, proc);
  }
  return 0;
}
