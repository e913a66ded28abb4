/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of the node's groups: a GVariant in its normal form, as a state file.
 */
#include "daemon/node-state.h"

#include "daemon/state-file.h"
#include "lib/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define KIND "nodecgroups-node"
#define VERSION 1
/* Version; then path, numbers by NcgSetting, CPUs, huge pages by size. */
#define TYPE "(ua(sa(ut)sa(tt)))"
#define GROUPS_TYPE "a(sa(ut)sa(tt))"

static void
group_free (gpointer data)
{
  NodeStateGroup *group = data;

  g_free (group->path);
  ncg_resources_clear (&group->resources);
  g_free (group);
}

GPtrArray *
node_state_new (void)
{
  return g_ptr_array_new_with_free_func (group_free);
}

const NodeStateGroup *
node_state_find (const GPtrArray *list, const char *path)
{
  for (guint i = 0; i < list->len; i++) {
    const NodeStateGroup *group = g_ptr_array_index (list, i);

    if (g_str_equal (group->path, path))
      return group;
  }
  return NULL;
}

static NodeStateGroup *
ensure_group (GPtrArray *list, const char *path)
{
  NodeStateGroup *group = (NodeStateGroup *) node_state_find (list, path);

  if (group == NULL) {
    group = g_new0 (NodeStateGroup, 1);
    group->path = g_strdup (path);
    g_ptr_array_add (list, group);
  }
  return group;
}

void
node_state_add (GPtrArray *list, const char *path, const NcgResources *resources)
{
  NcgResources *known = &ensure_group (list, path)->resources;

  for (int i = 0; i < NCG_N_SETTINGS; i++)
    if (ncg_resources_is_set (resources, (NcgSetting) i))
      ncg_resources_set (known, (NcgSetting) i, resources->numbers[i]);
  for (guint i = 0; resources->hugepages != NULL && i < resources->hugepages->len; i++) {
    const NcgHugepageLimit *limit = &g_array_index (resources->hugepages, NcgHugepageLimit, i);

    ncg_resources_set_hugepages (known, limit->page_bytes, limit->limit_bytes);
  }
  if (resources->cpus == NULL)
    return;
  ncg_cpuset_free (known->cpus);
  known->cpus = ncg_cpuset_copy (resources->cpus);
}

static void
save_group (GVariantBuilder *builder, const NodeStateGroup *group)
{
  const NcgResources *resources = &group->resources;
  g_autofree char *cpus =
      resources->cpus != NULL ? ncg_cpuset_format (resources->cpus) : g_strdup ("");

  g_variant_builder_open (builder, G_VARIANT_TYPE ("(sa(ut)sa(tt))"));
  g_variant_builder_add (builder, "s", group->path);
  g_variant_builder_open (builder, G_VARIANT_TYPE ("a(ut)"));
  for (guint i = 0; i < NCG_N_SETTINGS; i++)
    if (ncg_resources_is_set (resources, (NcgSetting) i))
      g_variant_builder_add (builder, "(ut)", i, resources->numbers[i]);
  g_variant_builder_close (builder);
  g_variant_builder_add (builder, "s", cpus);
  g_variant_builder_open (builder, G_VARIANT_TYPE ("a(tt)"));
  for (guint i = 0; resources->hugepages != NULL && i < resources->hugepages->len; i++) {
    const NcgHugepageLimit *limit = &g_array_index (resources->hugepages, NcgHugepageLimit, i);

    g_variant_builder_add (builder, "(tt)", limit->page_bytes, limit->limit_bytes);
  }
  g_variant_builder_close (builder);
  g_variant_builder_close (builder);
}

/* Returns: a descriptor, or -1 */
static int
open_directory (const char *file, GError **error)
{
  g_autofree char *path = g_path_get_dirname (file);
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    g_set_error (error, NCG_ERROR, errno == ENOENT ? NCG_ERROR_NOT_FOUND : NCG_ERROR_FAILED,
                 "could not open %s: %s", path, g_strerror (errno));
  return fd;
}

gboolean
node_state_save (const GPtrArray *list, const char *file, GError **error)
{
  g_autofree char *name = g_path_get_basename (file);
  g_autoptr (GVariant) content = NULL;
  GVariantBuilder builder;
  gboolean is_written;
  int directory;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (TYPE));
  g_variant_builder_add (&builder, "u", (guint32) VERSION);
  g_variant_builder_open (&builder, G_VARIANT_TYPE (GROUPS_TYPE));
  for (guint i = 0; i < list->len; i++)
    save_group (&builder, g_ptr_array_index (list, i));
  g_variant_builder_close (&builder);
  content = g_variant_ref_sink (g_variant_builder_end (&builder));
  directory = open_directory (file, error);
  is_written =
      directory >= 0 && state_file_write (directory, name, KIND, g_variant_get_data (content),
                                          g_variant_get_size (content), error);
  if (directory >= 0)
    close (directory);
  return is_written;
}

static void
load_numbers (GVariantIter *iter, NcgResources *resources)
{
  guint setting;
  guint64 number;

  while (g_variant_iter_next (iter, "(ut)", &setting, &number))
    if (setting < NCG_N_SETTINGS)
      ncg_resources_set (resources, (NcgSetting) setting, number);
}

static void
load_group (GPtrArray *list, GVariant *saved)
{
  g_autoptr (GVariantIter) numbers = NULL;
  g_autoptr (GVariantIter) pages = NULL;
  g_auto (NcgResources) resources = { 0 };
  const char *path, *cpus;
  guint64 page_bytes, limit_bytes;

  g_variant_get (saved, "(&sa(ut)&sa(tt))", &path, &numbers, &cpus, &pages);
  load_numbers (numbers, &resources);
  while (g_variant_iter_next (pages, "(tt)", &page_bytes, &limit_bytes))
    ncg_resources_set_hugepages (&resources, page_bytes, limit_bytes);
  if (cpus[0] != '\0')
    resources.cpus = ncg_cpuset_parse (cpus, NULL);
  node_state_add (list, path, &resources);
}

static GPtrArray *
parse (GBytes *bytes, GError **error)
{
  g_autoptr (GVariant) content =
      g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (TYPE), bytes, FALSE));
  g_autoptr (GVariantIter) iter = NULL;
  GPtrArray *list;
  GVariant *group;
  guint version;

  g_variant_get (content, "(u" GROUPS_TYPE ")", &version, &iter);
  if (!g_variant_is_normal_form (content) || version != VERSION) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
                 "it is damaged, or of another version of this daemon");
    return NULL;
  }
  list = node_state_new ();
  while ((group = g_variant_iter_next_value (iter)) != NULL) {
    load_group (list, group);
    g_variant_unref (group);
  }
  return list;
}

GPtrArray *
node_state_load (const char *file, GError **error)
{
  g_autofree char *name = g_path_get_basename (file);
  g_autofree char *aside = NULL;
  g_autoptr (GError) wrong = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GPtrArray *list = NULL;
  int directory = open_directory (file, &wrong);

  if (directory >= 0)
    bytes = state_file_read (directory, name, KIND, &wrong);
  if (bytes != NULL)
    list = parse (bytes, &wrong);
  else if (g_error_matches (wrong, NCG_ERROR, NCG_ERROR_NOT_FOUND))
    list = node_state_new ();
  if (list == NULL && directory >= 0)
    aside = state_file_set_aside (directory, name);
  if (directory >= 0)
    close (directory);
  if (list == NULL)
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "%s is set aside as %s: %s", file,
                 aside != NULL ? aside : "nothing", wrong->message);
  return list;
}
