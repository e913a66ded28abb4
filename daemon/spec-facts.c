/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Specs and the machine.
 */
#include "daemon/spec-facts.h"

#include "lib/error.h"
#include "lib/machine.h"
#include "lib/quantity.h"

static gboolean
find_device (Spec *spec, NcgDeviceLimits *device, const char *root, GError **error)
{
  if (!ncg_machine_find_block_device (root, device->path, &device->major, &device->minor,
                                      &device->is_whole_disk, error)) {
    g_prefix_error (error, "IOLimits: ");
    return FALSE;
  }
  spec_add_found (spec, device);
  return TRUE;
}

/* "2Mi, 1Gi" */
static char *
print_sizes (const GArray *sizes)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < sizes->len; i++) {
    g_autofree char *size = ncg_quantity_format_bytes (g_array_index (sizes, guint64, i));

    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", size);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
check_size (guint64 page_bytes, const GArray *sizes, GError **error)
{
  g_autofree char *size = NULL;
  g_autofree char *there = NULL;

  for (guint i = 0; i < sizes->len; i++)
    if (g_array_index (sizes, guint64, i) == page_bytes)
      return TRUE;
  size = ncg_quantity_format_bytes (page_bytes);
  there = print_sizes (sizes);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "HugepageLimits: this kernel has no huge pages of %s; it has %s", size,
               sizes->len > 0 ? there : "none at all");
  return FALSE;
}

static gboolean
check_sizes (const Spec *spec, const char *root, GError **error)
{
  g_autoptr (GArray) limits = spec_get_hugepages (spec);
  g_autoptr (GArray) sizes = NULL;

  if (limits->len == 0)
    return TRUE;
  sizes = ncg_machine_list_page_sizes (root);
  for (guint i = 0; i < limits->len; i++)
    if (!check_size (g_array_index (limits, NcgHugepageLimit, i).page_bytes, sizes, error))
      return FALSE;
  return TRUE;
}

gboolean
spec_facts_find (Spec *spec, const char *root, GError **error)
{
  g_autoptr (GPtrArray) devices = spec_get_devices (spec);

  ncg_resources_clear (&spec->found);
  for (guint i = 0; i < devices->len; i++)
    if (!find_device (spec, g_ptr_array_index (devices, i), root, error))
      return FALSE;
  return check_sizes (spec, root, error);
}

void
spec_facts_find_again (Spec *spec, const char *root)
{
  g_autoptr (GPtrArray) devices = spec_get_devices (spec);

  ncg_resources_clear (&spec->found);
  for (guint i = 0; i < devices->len; i++)
    find_device (spec, g_ptr_array_index (devices, i), root, NULL);
}
