/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a kernel has, against what is wanted: the first line is a file of cgroup v2, the lines up to
 * "==" its value, as a caller gives it, and the rest is the text of the file, whatever it is. What
 * is found in it does not depend on how often one looks, and what is right is right by its own
 * word.
 */
#include "lib/file-settings.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define END "\n==\n"

static char *const controllers[] = {
  (char *) "blkio",  (char *) "cpu",  (char *) "cpuset", (char *) "io",   (char *) "hugetlb",
  (char *) "memory", (char *) "misc", (char *) "pids",   (char *) "rdma", NULL
};

static void
assert_same (NcgFileSetting *setting, const char *text, gboolean ok, const char *actual)
{
  ncg_file_setting_compare (setting, text);
  g_assert_cmpint (setting->ok, ==, ok);
  g_assert_cmpstr (setting->actual, ==, actual);
}

static void
check_setting (NcgFileSetting *setting, const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);
  g_autofree char *actual = NULL;
  gboolean ok;

  ncg_file_setting_compare (setting, text);
  g_assert_nonnull (setting->actual);
  ok = setting->ok;
  actual = g_strdup (setting->actual);
  assert_same (setting, text, ok, actual);
  assert_same (setting, line, ok, actual);
  if (!ok)
    return;
  g_free (setting->wanted);
  setting->wanted = g_strdup (actual);
  assert_same (setting, text, TRUE, actual);
}

static void
check_files (const NcgResources *resources, gboolean is_v1, const char *text)
{
  NcgTree tree = { .mount = (char *) "/none", .is_v1 = is_v1, .controllers = (GStrv) controllers };
  gpointer trees[] = { &tree };
  GPtrArray list = { trees, G_N_ELEMENTS (trees) };
  NcgHierarchy hierarchy = { .mode = is_v1 ? NCG_HIERARCHY_LEGACY : NCG_HIERARCHY_UNIFIED,
                             .unified_mount = is_v1 ? NULL : tree.mount,
                             .controllers = tree.controllers,
                             .trees = &list };
  g_autoptr (GPtrArray) settings = ncg_file_settings_list (resources, &hierarchy);

  for (guint i = 0; i < settings->len; i++)
    check_setting (g_ptr_array_index (settings, i), text);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *file = fuzz_text (data, size);
  char *value = strchr (file, '\n');
  char *text = value != NULL ? strstr (value, END) : NULL;
  g_auto (NcgResources) resources = { 0 };

  if (text == NULL || text == value)
    return 0;
  *value++ = '\0';
  *text = '\0';
  text += strlen (END);
  if (!ncg_resources_set_unified (&resources, file, value, NULL))
    return 0;
  check_files (&resources, FALSE, text);
  check_files (&resources, TRUE, text);
  return 0;
}
