/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The resource model. What it is in files is in file-settings.c, as properties of units in
 * unit-properties.c; how files of cgroup v2 come into it in resources-unified.c.
 */
#include "lib/resources.h"

#include "lib/cpu-bandwidth.h"

#include <string.h>

static const guint64 defaults[] = {
  [NCG_SETTING_CPU_WEIGHT] = 100,
  [NCG_SETTING_CPU_QUOTA_USEC] = NCG_UNLIMITED,
  [NCG_SETTING_CPU_PERIOD_USEC] = NCG_CPU_PERIOD_DEFAULT,
  [NCG_SETTING_MEMORY_MIN] = 0,
  [NCG_SETTING_MEMORY_LOW] = 0,
  [NCG_SETTING_MEMORY_HIGH] = NCG_UNLIMITED,
  [NCG_SETTING_MEMORY_MAX] = NCG_UNLIMITED,
  [NCG_SETTING_MEMORY_SWAP_MAX] = NCG_UNLIMITED,
  [NCG_SETTING_PIDS_MAX] = NCG_UNLIMITED,
  [NCG_SETTING_IO_WEIGHT] = 100,
  [NCG_SETTING_OOM_GROUP] = 0,
};
G_STATIC_ASSERT (G_N_ELEMENTS (defaults) == NCG_N_SETTINGS);

guint64
ncg_setting_get_default (NcgSetting setting)
{
  return defaults[setting];
}

static void
device_free (gpointer data)
{
  NcgDeviceLimits *self = data;

  g_free (self->path);
  g_free (self);
}

static gpointer
device_copy (gconstpointer from, gpointer unused)
{
  NcgDeviceLimits *copy = g_new (NcgDeviceLimits, 1);

  *copy = *(const NcgDeviceLimits *) from;
  copy->path = g_strdup (copy->path);
  return copy;
}

void
ncg_unified_file_free (gpointer self)
{
  NcgUnifiedFile *file = self;

  g_free (file->file);
  g_free (file->value);
  g_free (file);
}

static gpointer
unified_copy (gconstpointer from, gpointer unused)
{
  const NcgUnifiedFile *original = from;
  NcgUnifiedFile *copy = g_new0 (NcgUnifiedFile, 1);

  copy->file = g_strdup (original->file);
  copy->value = g_strdup (original->value);
  return copy;
}

void
ncg_resources_clear (NcgResources *self)
{
  g_clear_pointer (&self->cpus, ncg_cpuset_free);
  g_clear_pointer (&self->memory_nodes, ncg_cpuset_free);
  g_clear_pointer (&self->hugepages, g_array_unref);
  g_clear_pointer (&self->devices, g_ptr_array_unref);
  g_clear_pointer (&self->unified, g_ptr_array_unref);
  g_clear_pointer (&self->properties, g_variant_unref);
  self->set = 0;
  self->optional = 0;
}

static GArray *
copy_hugepages (const GArray *from)
{
  GArray *copy = g_array_new (FALSE, FALSE, sizeof (NcgHugepageLimit));

  return g_array_append_vals (copy, from->data, from->len);
}

static GPtrArray *
copy_elements (GPtrArray *from, GCopyFunc copy, GDestroyNotify destroy)
{
  GPtrArray *copies = g_ptr_array_copy (from, copy, NULL);

  g_ptr_array_set_free_func (copies, destroy);
  return copies;
}

void
ncg_resources_copy (const NcgResources *self, NcgResources *ret_copy)
{
  *ret_copy = *self;
  if (self->cpus != NULL)
    ret_copy->cpus = ncg_cpuset_copy (self->cpus);
  if (self->memory_nodes != NULL)
    ret_copy->memory_nodes = ncg_cpuset_copy (self->memory_nodes);
  if (self->hugepages != NULL)
    ret_copy->hugepages = copy_hugepages (self->hugepages);
  if (self->devices != NULL)
    ret_copy->devices = copy_elements (self->devices, (GCopyFunc) device_copy, device_free);
  if (self->unified != NULL)
    ret_copy->unified =
        copy_elements (self->unified, (GCopyFunc) unified_copy, ncg_unified_file_free);
  if (self->properties != NULL)
    ret_copy->properties = g_variant_ref (self->properties);
}

static gboolean
same_numbers (const NcgResources *a, const NcgResources *b)
{
  if (a->set != b->set)
    return FALSE;
  for (int i = 0; i < NCG_N_SETTINGS; i++)
    if ((a->set & (1u << i)) != 0 && a->numbers[i] != b->numbers[i])
      return FALSE;
  return TRUE;
}

static gboolean
same_set (const NcgCpuset *a, const NcgCpuset *b)
{
  return a == NULL || b == NULL ? a == b : ncg_cpuset_equal (a, b);
}

static gboolean
same_hugepages (const GArray *a, const GArray *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return a->len == b->len && memcmp (a->data, b->data, a->len * sizeof (NcgHugepageLimit)) == 0;
}

static gboolean
same_device (gconstpointer a, gconstpointer b)
{
  const NcgDeviceLimits *device_a = a;
  const NcgDeviceLimits *device_b = b;

  if (device_a->major != device_b->major || device_a->minor != device_b->minor ||
      device_a->is_whole_disk != device_b->is_whole_disk || device_a->set != device_b->set ||
      !g_str_equal (device_a->path, device_b->path))
    return FALSE;
  for (int i = 0; i < NCG_N_IO_LIMITS; i++)
    if ((device_a->set & (1u << i)) != 0 && device_a->limits[i] != device_b->limits[i])
      return FALSE;
  return TRUE;
}

static gboolean
same_unified (gconstpointer a, gconstpointer b)
{
  const NcgUnifiedFile *file_a = a;
  const NcgUnifiedFile *file_b = b;

  return g_str_equal (file_a->file, file_b->file) && g_str_equal (file_a->value, file_b->value);
}

static gboolean
same_elements (const GPtrArray *a, const GPtrArray *b, GEqualFunc same)
{
  if (a == NULL || b == NULL)
    return a == b;
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (!same (a->pdata[i], b->pdata[i]))
      return FALSE;
  return TRUE;
}

static gboolean
same_properties (GVariant *a, GVariant *b)
{
  return a == NULL || b == NULL ? a == b : g_variant_equal (a, b);
}

gboolean
ncg_resources_equal (const NcgResources *a, const NcgResources *b)
{
  return same_numbers (a, b) && same_set (a->cpus, b->cpus) &&
         same_set (a->memory_nodes, b->memory_nodes) &&
         same_hugepages (a->hugepages, b->hugepages) &&
         same_elements (a->devices, b->devices, same_device) &&
         same_elements (a->unified, b->unified, same_unified) &&
         same_properties (a->properties, b->properties);
}

void
ncg_resources_set (NcgResources *self, NcgSetting setting, guint64 value)
{
  self->set |= 1u << setting;
  self->numbers[setting] = value;
}

gboolean
ncg_resources_is_set (const NcgResources *self, NcgSetting setting)
{
  return (self->set & (1u << setting)) != 0;
}

void
ncg_resources_unset (NcgResources *self, NcgSetting setting)
{
  self->set &= ~(1u << setting);
  self->optional &= ~(1u << setting);
  self->numbers[setting] = 0;
}

guint64
ncg_resources_get (const NcgResources *self, NcgSetting setting, guint64 otherwise)
{
  return ncg_resources_is_set (self, setting) ? self->numbers[setting] : otherwise;
}

void
ncg_resources_set_hugepages (NcgResources *self, guint64 page_bytes, guint64 limit_bytes)
{
  NcgHugepageLimit limit = { page_bytes, limit_bytes };
  guint at = 0;

  if (self->hugepages == NULL)
    self->hugepages = g_array_new (FALSE, FALSE, sizeof (NcgHugepageLimit));
  while (at < self->hugepages->len &&
         g_array_index (self->hugepages, NcgHugepageLimit, at).page_bytes < page_bytes)
    at++;
  if (at < self->hugepages->len &&
      g_array_index (self->hugepages, NcgHugepageLimit, at).page_bytes == page_bytes)
    g_array_index (self->hugepages, NcgHugepageLimit, at) = limit;
  else
    g_array_insert_val (self->hugepages, at, limit);
}

static int
compare_devices (const NcgDeviceLimits *a, const NcgDeviceLimits *b)
{
  if (a->major != b->major)
    return a->major < b->major ? -1 : 1;
  return (a->minor > b->minor) - (a->minor < b->minor);
}

/* What was said of the device itself when it was first named holds. */
static void
merge_device (NcgDeviceLimits *into, const NcgDeviceLimits *from)
{
  into->is_whole_disk |= from->is_whole_disk;
  into->set |= from->set;
  for (int i = 0; i < NCG_N_IO_LIMITS; i++)
    if ((from->set & (1u << i)) != 0)
      into->limits[i] = from->limits[i];
}

void
ncg_resources_set_device (NcgResources *self, const NcgDeviceLimits *limits)
{
  guint at = 0;

  if (self->devices == NULL)
    self->devices = g_ptr_array_new_with_free_func (device_free);
  while (at < self->devices->len && compare_devices (self->devices->pdata[at], limits) < 0)
    at++;
  if (at < self->devices->len && compare_devices (self->devices->pdata[at], limits) == 0)
    merge_device (self->devices->pdata[at], limits);
  else
    g_ptr_array_insert (self->devices, (int) at, device_copy (limits, NULL));
}

static const NcgHugepageLimit *
find_hugepages (const NcgResources *self, guint64 page_bytes)
{
  for (guint i = 0; self->hugepages != NULL && i < self->hugepages->len; i++) {
    const NcgHugepageLimit *limit = &g_array_index (self->hugepages, NcgHugepageLimit, i);

    if (limit->page_bytes == page_bytes)
      return limit;
  }
  return NULL;
}

static guint32
get_device_set (const NcgResources *self, const NcgDeviceLimits *device)
{
  for (guint i = 0; self->devices != NULL && i < self->devices->len; i++)
    if (compare_devices (self->devices->pdata[i], device) == 0)
      return ((const NcgDeviceLimits *) self->devices->pdata[i])->set;
  return 0;
}

static void
add_device_defaults (NcgResources *self, const NcgDeviceLimits *device)
{
  NcgDeviceLimits none = *device;

  none.set &= ~get_device_set (self, device);
  for (int i = 0; i < NCG_N_IO_LIMITS; i++)
    none.limits[i] = NCG_UNLIMITED;
  if (none.set != 0)
    ncg_resources_set_device (self, &none);
}

/* What the kernel has in files that no setting stands for. Of a file with a line for each device or
 * resource it is what each of its lines, or each field of one, has. */
static const struct {
  const char *file; /* a pattern */
  const char *value;
  gboolean is_keyed;
} unified_defaults[] = {
  { "cgroup.max.depth", "max" },
  { "cgroup.max.descendants", "max" },
  { "cgroup.pressure", "1" },
  { "cpu.max.burst", "0" },
  { "cpu.uclamp.max", "max" },
  { "cpu.uclamp.min", "0" },
  { "cpuset.cpus.exclusive", "" },
  { "cpuset.cpus.partition", "member" },
  { "dmem.low", "0", TRUE },
  { "dmem.max", "max", TRUE },
  { "dmem.min", "0", TRUE },
  { "hugetlb.*.rsvd.max", "max" },
  { "io.bfq.weight", "default", TRUE },
  { "io.latency", "0", TRUE },
  { "io.weight", "default", TRUE },
  { "memory.swap.high", "max" },
  { "memory.zswap.max", "max" },
  { "memory.zswap.writeback", "1" },
  { "misc.max", "max", TRUE },
  { "rdma.max", "max", TRUE },
};

/* "8:0 target=100" becomes "8:0 target=0". */
static void
add_keyed_default (NcgResources *self, const char *file, const char *line, const char *value)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GString) text = g_string_new (words[0]);

  for (guint i = 1; words[0] != NULL && words[i] != NULL; i++) {
    const char *sign = strchr (words[i], '=');

    g_string_append_printf (text, " %.*s%s", sign != NULL ? (int) (sign - words[i]) + 1 : 0,
                            words[i], value);
  }
  if (strchr (text->str, ' ') != NULL)
    ncg_resources_add_unified_line (self, file, words[0], text->str);
}

static void
add_unified_default (NcgResources *self, const NcgUnifiedFile *other)
{
  g_auto (GStrv) lines = g_strsplit (other->value, "\n", -1);

  for (gsize i = 0; i < G_N_ELEMENTS (unified_defaults); i++) {
    if (!g_pattern_match_simple (unified_defaults[i].file, other->file))
      continue;
    if (!unified_defaults[i].is_keyed)
      ncg_resources_add_unified_line (self, other->file, NULL, unified_defaults[i].value);
    for (guint j = 0; unified_defaults[i].is_keyed && lines[j] != NULL; j++)
      add_keyed_default (self, other->file, lines[j], unified_defaults[i].value);
  }
}

void
ncg_resources_add_defaults (NcgResources *self, const NcgResources *other)
{
  for (int i = 0; i < NCG_N_SETTINGS; i++)
    if (!ncg_resources_is_set (self, (NcgSetting) i) &&
        ncg_resources_is_set (other, (NcgSetting) i))
      ncg_resources_set (self, (NcgSetting) i, defaults[i]);
  for (guint i = 0; other->hugepages != NULL && i < other->hugepages->len; i++) {
    guint64 page_bytes = g_array_index (other->hugepages, NcgHugepageLimit, i).page_bytes;

    if (find_hugepages (self, page_bytes) == NULL)
      ncg_resources_set_hugepages (self, page_bytes, NCG_UNLIMITED);
  }
  for (guint i = 0; other->devices != NULL && i < other->devices->len; i++)
    add_device_defaults (self, other->devices->pdata[i]);
  for (guint i = 0; other->unified != NULL && i < other->unified->len; i++)
    add_unified_default (self, other->unified->pdata[i]);
}
