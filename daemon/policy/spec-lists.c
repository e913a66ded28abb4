/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several limits in one key.
 */
#include "daemon/policy/spec-lists.h"

#include "daemon/policy/amount.h"
#include "lib/error.h"
#include "lib/page-size.h"
#include "lib/quantity.h"

#include <string.h>

#define BYTES_MAX (G_GUINT64_CONSTANT (1) << 62)
#define DEV_PREFIX "/dev/"

static gboolean
fail (const char *key, const char *name, const char *reason, GError **error)
{
  g_autofree char *escaped = ncg_error_escape (name);

  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s: '%s' %s", key, escaped, reason);
  return FALSE;
}

static const AmountRule page_rule = { "HugepageLimits", AMOUNT_WHOLE, AMOUNT_MAY_BE_MAX, 0,
                                      BYTES_MAX,        AMOUNT_MAX };

static GVariant *
format_hugepages (const NcgResources *pages)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; pages->hugepages != NULL && i < pages->hugepages->len; i++) {
    const NcgHugepageLimit *limit = &g_array_index (pages->hugepages, NcgHugepageLimit, i);
    g_autofree char *size = ncg_quantity_format_bytes (limit->page_bytes);

    g_variant_builder_add (&builder, "{sv}", size, amount_format (&page_rule, limit->limit_bytes));
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
has_size (const NcgResources *pages, guint64 page_bytes)
{
  for (guint i = 0; pages->hugepages != NULL && i < pages->hugepages->len; i++)
    if (g_array_index (pages->hugepages, NcgHugepageLimit, i).page_bytes == page_bytes)
      return TRUE;
  return FALSE;
}

static gboolean
add_size (const char *key, const char *size, GVariant *value, NcgResources *pages, GError **error)
{
  guint64 page_bytes, limit_bytes;

  if (!ncg_page_size_parse (size, &page_bytes))
    return fail (key, size, "is not the size of a page, such as '2Mi' or '1Gi'", error);
  if (has_size (pages, page_bytes))
    return fail (key, size, "is given twice", error);
  if (!amount_parse (&page_rule, value, &limit_bytes, error)) {
    g_prefix_error (error, "%s: ", size);
    return FALSE;
  }
  ncg_resources_set_hugepages (pages, page_bytes, limit_bytes);
  return TRUE;
}

gboolean
spec_lists_parse_hugepages (const char *key,
                            GVariant *value,
                            GVariant **ret_canonical,
                            GError **error)
{
  g_auto (NcgResources) pages = { 0 };
  GVariantIter iter;
  const char *size;
  GVariant *amount;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    return amount_fail_type (key, value, "sizes of pages and amounts (a{sv})", error);
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{&sv}", &size, &amount)) {
    g_autoptr (GVariant) owned = amount;

    if (!add_size (key, size, owned, &pages, error))
      return FALSE;
  }
  *ret_canonical = format_hugepages (&pages);
  return TRUE;
}

/* What is canonical has been checked. */
static void
take_hugepages (GVariant *canonical, NcgResources *pages)
{
  GVariantIter iter;
  const char *size;
  GVariant *amount;

  if (canonical == NULL)
    return;
  g_variant_iter_init (&iter, canonical);
  while (g_variant_iter_next (&iter, "{&sv}", &size, &amount)) {
    g_autoptr (GVariant) owned = amount;
    guint64 page_bytes = 0, limit_bytes = 0;

    ncg_page_size_parse (size, &page_bytes);
    amount_parse (&page_rule, owned, &limit_bytes, NULL);
    ncg_resources_set_hugepages (pages, page_bytes, limit_bytes);
  }
}

GVariant *
spec_lists_merge_hugepages (GVariant *base, GVariant *changes)
{
  g_auto (NcgResources) pages = { 0 };

  take_hugepages (base, &pages);
  take_hugepages (changes, &pages);
  return format_hugepages (&pages);
}

GVariant *
spec_lists_reduce_hugepages (GVariant *canonical)
{
  g_auto (NcgResources) pages = { 0 };

  take_hugepages (canonical, &pages);
  for (guint i = pages.hugepages != NULL ? pages.hugepages->len : 0; i > 0; i--)
    if (g_array_index (pages.hugepages, NcgHugepageLimit, i - 1).limit_bytes == page_rule.otherwise)
      g_array_remove_index (pages.hugepages, i - 1);
  return format_hugepages (&pages);
}

GArray *
spec_lists_get_hugepages (GVariant *canonical)
{
  g_auto (NcgResources) pages = { 0 };

  take_hugepages (canonical, &pages);
  if (pages.hugepages == NULL)
    return g_array_new (FALSE, FALSE, sizeof (NcgHugepageLimit));
  return g_steal_pointer (&pages.hugepages);
}

/* Sorted as they are given back. */
static const struct {
  const char *name;
  NcgIoLimit limit;
  guint64 max;
} io_limits[] = {
  { "ReadBandwidthMax", NCG_IO_LIMIT_READ_BANDWIDTH, G_MAXUINT64 },
  { "ReadIOPSMax", NCG_IO_LIMIT_READ_IOPS, G_MAXUINT32 },
  { "WriteBandwidthMax", NCG_IO_LIMIT_WRITE_BANDWIDTH, G_MAXUINT64 },
  { "WriteIOPSMax", NCG_IO_LIMIT_WRITE_IOPS, G_MAXUINT32 },
};
G_STATIC_ASSERT (G_N_ELEMENTS (io_limits) == NCG_N_IO_LIMITS);

static void
device_free (gpointer data)
{
  NcgDeviceLimits *device = data;

  g_free (device->path);
  g_free (device);
}

/* The device of @path in @devices, which are sorted; a new one if it is not there. */
static NcgDeviceLimits *
ensure_device (GPtrArray *devices, const char *path, gboolean *ret_is_new)
{
  NcgDeviceLimits *device;
  guint at = 0;
  int order = 1;

  while (at < devices->len &&
         (order = strcmp (((const NcgDeviceLimits *) devices->pdata[at])->path, path)) < 0)
    at++;
  *ret_is_new = at == devices->len || order != 0;
  if (!*ret_is_new)
    return devices->pdata[at];
  device = g_new0 (NcgDeviceLimits, 1);
  device->path = g_strdup (path);
  g_ptr_array_insert (devices, (int) at, device);
  return device;
}

static gboolean
is_number (const char *text)
{
  return text[0] != '\0' && text[strspn (text, "0123456789")] == '\0' && strlen (text) <= 10;
}

static gboolean
is_device (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, g_str_has_prefix (path, DEV_PREFIX) ? "/" : ":", -1);

  if (!g_str_has_prefix (path, DEV_PREFIX))
    return g_strv_length (parts) == 2 && is_number (parts[0]) && is_number (parts[1]);
  for (guint i = 1; parts[i] != NULL; i++)
    if (parts[i][0] == '\0' || g_str_equal (parts[i], ".") || g_str_equal (parts[i], ".."))
      return FALSE;
  return TRUE;
}

static gboolean
set_limit (
    const char *key, NcgDeviceLimits *device, const char *name, guint64 value, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (io_limits); i++) {
    guint32 bit = 1u << io_limits[i].limit;

    if (!g_str_equal (io_limits[i].name, name))
      continue;
    if ((device->set & bit) != 0)
      return fail (key, name, "is given twice for a device", error);
    if (value != NCG_UNLIMITED && (value < 2 || value > io_limits[i].max)) {
      g_set_error (
          error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
          "%s: %s of %s is %" G_GUINT64_FORMAT ", which is out of range: 2 to %" G_GUINT64_FORMAT
          " are allowed, or %" G_GUINT64_FORMAT " for no limit",
          key, name, device->path, value, MIN (io_limits[i].max, NCG_UNLIMITED - 1), NCG_UNLIMITED);
      return FALSE;
    }
    device->set |= bit;
    device->limits[io_limits[i].limit] = value;
    return TRUE;
  }
  return fail (key, name,
               "is none of ReadBandwidthMax, WriteBandwidthMax, ReadIOPSMax, WriteIOPSMax", error);
}

static gboolean
add_device (const char *key, GPtrArray *devices, const char *path, GVariant *limits, GError **error)
{
  NcgDeviceLimits *device;
  gboolean is_new;
  GVariantIter iter;
  const char *name;
  guint64 value;

  if (!is_device (path))
    return fail (key, path, "is not a block device: '/dev/…', or its numbers, '8:0'", error);
  device = ensure_device (devices, path, &is_new);
  if (!is_new)
    return fail (key, path, "is given twice", error);
  g_variant_iter_init (&iter, limits);
  while (g_variant_iter_next (&iter, "{&st}", &name, &value))
    if (!set_limit (key, device, name, value, error))
      return FALSE;
  return TRUE;
}

static GVariant *
format_io (const GPtrArray *devices)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sa{st})"));
  for (guint i = 0; i < devices->len; i++) {
    const NcgDeviceLimits *device = devices->pdata[i];

    g_variant_builder_open (&builder, G_VARIANT_TYPE ("(sa{st})"));
    g_variant_builder_add (&builder, "s", device->path);
    g_variant_builder_open (&builder, G_VARIANT_TYPE ("a{st}"));
    for (gsize j = 0; j < G_N_ELEMENTS (io_limits); j++)
      if ((device->set & (1u << io_limits[j].limit)) != 0)
        g_variant_builder_add (&builder, "{st}", io_limits[j].name,
                               device->limits[io_limits[j].limit]);
    g_variant_builder_close (&builder);
    g_variant_builder_close (&builder);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
add_devices (const char *key, GPtrArray *devices, GVariant *value, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (value); i++) {
    const char *path;
    g_autoptr (GVariant) limits = NULL;

    g_variant_get_child (value, i, "(&s@a{st})", &path, &limits);
    if (!add_device (key, devices, path, limits, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
spec_lists_parse_io (const char *key, GVariant *value, GVariant **ret_canonical, GError **error)
{
  g_autoptr (GPtrArray) devices = g_ptr_array_new_with_free_func (device_free);

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a(sa{st})")))
    return amount_fail_type (key, value, "devices with their limits (a(sa{st}))", error);
  if (!add_devices (key, devices, value, error))
    return FALSE;
  *ret_canonical = format_io (devices);
  return TRUE;
}

GPtrArray *
spec_lists_get_devices (GVariant *canonical)
{
  GPtrArray *devices = g_ptr_array_new_with_free_func (device_free);

  if (canonical != NULL)
    add_devices ("", devices, canonical, NULL);
  return devices;
}

GVariant *
spec_lists_merge_io (GVariant *base, GVariant *changes)
{
  g_autoptr (GPtrArray) devices = spec_lists_get_devices (base);
  g_autoptr (GPtrArray) others = spec_lists_get_devices (changes);

  for (guint i = 0; i < others->len; i++) {
    const NcgDeviceLimits *other = others->pdata[i];
    gboolean is_new;
    NcgDeviceLimits *device = ensure_device (devices, other->path, &is_new);

    device->set |= other->set;
    for (int j = 0; j < NCG_N_IO_LIMITS; j++)
      if ((other->set & (1u << j)) != 0)
        device->limits[j] = other->limits[j];
  }
  return format_io (devices);
}

GVariant *
spec_lists_reduce_io (GVariant *canonical)
{
  g_autoptr (GPtrArray) devices = spec_lists_get_devices (canonical);

  for (guint i = devices->len; i > 0; i--) {
    NcgDeviceLimits *device = devices->pdata[i - 1];

    for (int j = 0; j < NCG_N_IO_LIMITS; j++)
      if (device->limits[j] == NCG_UNLIMITED)
        device->set &= ~(1u << j);
    if (device->set == 0)
      g_ptr_array_remove_index (devices, i - 1);
  }
  return format_io (devices);
}
