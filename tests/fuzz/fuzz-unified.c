/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of cgroup v2 and their values, as a caller gives them: the first line is the file, the rest
 * its value. What is taken is taken the same again, and a kernel that has just that has what is
 * wanted.
 */
#include "lib/file-settings.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static char *const controllers[] = { (char *) "cpu",  (char *) "cpuset", (char *) "hugetlb",
                                     (char *) "io",   (char *) "memory", (char *) "misc",
                                     (char *) "pids", (char *) "rdma",   NULL };

static gboolean
take (NcgResources *resources, const char *file, const char *value)
{
  g_autoptr (GError) error = NULL;
  gboolean is_taken = ncg_resources_set_unified (resources, file, value, &error);

  fuzz_check_result (is_taken, &error);
  return is_taken;
}

/* The kernel has a field once, whatever is written. */
static gboolean
has_field_twice (const NcgFileSetting *setting)
{
  g_auto (GStrv) fields = g_strsplit (setting->wanted, " ", -1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; fields[i] != NULL; i++)
    if (!g_hash_table_add (seen, g_strndup (fields[i], strcspn (fields[i], "="))))
      return TRUE;
  return FALSE;
}

static void
check_setting (NcgFileSetting *setting)
{
  g_autofree char *name = ncg_file_setting_get_name (setting);
  g_autofree char *text =
      g_strconcat (setting->key != NULL ? setting->key : "", setting->key != NULL ? " " : "",
                   setting->wanted, "\n", NULL);

  g_assert_true (g_str_has_prefix (name, setting->file));
  if (setting->form == NCG_FILE_FIELDS && has_field_twice (setting))
    return;
  ncg_file_setting_compare (setting, text);
  g_assert_true (setting->ok);
  g_assert_nonnull (setting->actual);
}

static void
check_files (const NcgResources *resources)
{
  NcgTree tree = { .mount = (char *) "/none", .controllers = (GStrv) controllers };
  gpointer trees[] = { &tree };
  GPtrArray list = { trees, G_N_ELEMENTS (trees) };
  NcgHierarchy hierarchy = { .mode = NCG_HIERARCHY_UNIFIED,
                             .unified_mount = tree.mount,
                             .controllers = tree.controllers,
                             .trees = &list };
  g_autoptr (GPtrArray) settings = ncg_file_settings_list (resources, &hierarchy);

  for (guint i = 0; i < settings->len; i++)
    check_setting (g_ptr_array_index (settings, i));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *text = fuzz_text (data, size);
  char *value = strchr (text, '\n');
  g_auto (NcgResources) once = { 0 };
  g_auto (NcgResources) twice = { 0 };
  g_auto (NcgResources) copy = { 0 };

  if (value == NULL)
    return 0;
  *value++ = '\0';
  if (!take (&once, text, value))
    return 0;
  g_assert_true (take (&twice, text, value));
  g_assert_true (take (&twice, text, value));
  g_assert_true (ncg_resources_equal (&once, &twice));
  ncg_resources_copy (&once, &copy);
  g_assert_true (ncg_resources_equal (&once, &copy));
  check_files (&once);
  return 0;
}
