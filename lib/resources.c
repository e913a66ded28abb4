/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The resource model, and the kernel files of the unified hierarchy that it stands for.
 */
#include "lib/resources.h"

#include "lib/cpu-bandwidth.h"

#include <unistd.h>

#define SHARES_DEFAULT 1024
#define SHARES_MIN 2
#define SHARES_MAX 262144

void
ncg_resources_clear (NcgResources *self)
{
  g_clear_pointer (&self->cpus, ncg_cpuset_free);
  g_clear_pointer (&self->memory_nodes, ncg_cpuset_free);
  self->set = 0;
}

void
ncg_resources_copy (const NcgResources *self, NcgResources *ret_copy)
{
  *ret_copy = *self;
  ret_copy->cpus = self->cpus != NULL ? ncg_cpuset_copy (self->cpus) : NULL;
  ret_copy->memory_nodes = self->memory_nodes != NULL ? ncg_cpuset_copy (self->memory_nodes) : NULL;
}

static gboolean
cpuset_same (const NcgCpuset *a, const NcgCpuset *b)
{
  return a == NULL || b == NULL ? a == b : ncg_cpuset_equal (a, b);
}

gboolean
ncg_resources_equal (const NcgResources *a, const NcgResources *b)
{
  if (a->set != b->set || !cpuset_same (a->cpus, b->cpus) ||
      !cpuset_same (a->memory_nodes, b->memory_nodes))
    return FALSE;
  for (int i = 0; i < NCG_N_SETTINGS; i++)
    if ((a->set & (1u << i)) != 0 && a->numbers[i] != b->numbers[i])
      return FALSE;
  return TRUE;
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

guint64
ncg_resources_get (const NcgResources *self, NcgSetting setting, guint64 otherwise)
{
  return ncg_resources_is_set (self, setting) ? self->numbers[setting] : otherwise;
}

void
ncg_check_free (NcgCheck *self)
{
  g_free (self->wanted);
  g_free (self->actual);
  g_free (self);
}

static void
add_check (
    GPtrArray *checks, const char *controller, const char *file, char *wanted, gboolean optional)
{
  NcgCheck *check = g_new0 (NcgCheck, 1);

  check->controller = controller;
  check->file = file;
  check->is_optional = optional;
  check->wanted = wanted;
  g_ptr_array_add (checks, check);
}

static char *
format_number (guint64 value)
{
  return value == NCG_UNLIMITED ? g_strdup ("max") : g_strdup_printf ("%" G_GUINT64_FORMAT, value);
}

static const struct {
  NcgSetting setting;
  const char *controller;
  const char *file;
  gboolean in_pages;
  guint64 neutral; /* what the kernel has where nothing is set */
} number_files[] = {
  { NCG_SETTING_CPU_WEIGHT, "cpu", "cpu.weight", FALSE, 100 },
  { NCG_SETTING_MEMORY_MIN, "memory", "memory.min", TRUE, 0 },
  { NCG_SETTING_MEMORY_LOW, "memory", "memory.low", TRUE, 0 },
  { NCG_SETTING_MEMORY_HIGH, "memory", "memory.high", TRUE, NCG_UNLIMITED },
  { NCG_SETTING_MEMORY_MAX, "memory", "memory.max", TRUE, NCG_UNLIMITED },
  { NCG_SETTING_MEMORY_SWAP_MAX, "memory", "memory.swap.max", TRUE, NCG_UNLIMITED },
  { NCG_SETTING_PIDS_MAX, "pids", "pids.max", FALSE, NCG_UNLIMITED },
};

static guint64
round_to_pages (guint64 bytes)
{
  return bytes == NCG_UNLIMITED ? bytes : bytes - bytes % (guint64) sysconf (_SC_PAGESIZE);
}

static gboolean
is_optional (const NcgResources *self, NcgSetting setting, guint64 neutral)
{
  return (self->optional & (1u << setting)) != 0 || self->numbers[setting] == neutral;
}

static void
add_cpusets (const NcgResources *self, GPtrArray *checks)
{
  if (self->cpus != NULL)
    add_check (checks, "cpuset", "cpuset.cpus", ncg_cpuset_format (self->cpus), FALSE);
  if (self->memory_nodes != NULL)
    add_check (checks, "cpuset", "cpuset.mems", ncg_cpuset_format (self->memory_nodes), FALSE);
}

static GPtrArray *
checks_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_check_free);
}

GPtrArray *
ncg_resources_expect (const NcgResources *self)
{
  GPtrArray *checks = checks_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (number_files); i++) {
    guint64 value = ncg_resources_get (self, number_files[i].setting, 0);

    if (!ncg_resources_is_set (self, number_files[i].setting))
      continue;
    add_check (checks, number_files[i].controller, number_files[i].file,
               format_number (number_files[i].in_pages ? round_to_pages (value) : value),
               is_optional (self, number_files[i].setting, number_files[i].neutral));
  }
  if (ncg_resources_is_set (self, NCG_SETTING_CPU_QUOTA_USEC)) {
    guint64 period = ncg_resources_get (self, NCG_SETTING_CPU_PERIOD_USEC, NCG_CPU_PERIOD_DEFAULT);
    add_check (checks, "cpu", "cpu.max",
               ncg_cpu_bandwidth_format (self->numbers[NCG_SETTING_CPU_QUOTA_USEC], period),
               is_optional (self, NCG_SETTING_CPU_QUOTA_USEC, NCG_UNLIMITED));
  }
  add_cpusets (self, checks);
  return checks;
}

static void
add_shares (const NcgResources *self, GPtrArray *checks)
{
  guint64 weight = ncg_resources_get (self, NCG_SETTING_CPU_WEIGHT, 100);

  add_check (checks, "cpu", "cpu.shares",
             format_number (CLAMP (weight * SHARES_DEFAULT / 100, SHARES_MIN, SHARES_MAX)),
             is_optional (self, NCG_SETTING_CPU_WEIGHT, 100));
}

static void
add_cfs_quota (const NcgResources *self, GPtrArray *checks)
{
  guint64 quota = self->numbers[NCG_SETTING_CPU_QUOTA_USEC];
  guint64 period = ncg_resources_get (self, NCG_SETTING_CPU_PERIOD_USEC, NCG_CPU_PERIOD_DEFAULT);
  g_autofree char *bandwidth = ncg_cpu_bandwidth_format (quota, period);
  g_auto (GStrv) fields = g_strsplit (bandwidth, " ", 2);

  if (quota == NCG_UNLIMITED) {
    add_check (checks, "cpu", "cpu.cfs_quota_us", g_strdup ("-1"), TRUE);
    return;
  }
  add_check (checks, "cpu", "cpu.cfs_quota_us", g_strdup (fields[0]), FALSE);
  add_check (checks, "cpu", "cpu.cfs_period_us", g_strdup (fields[1]), FALSE);
}

static void
add_memory_limit (const NcgResources *self, GPtrArray *checks)
{
  guint64 limit = self->numbers[NCG_SETTING_MEMORY_MAX];

  add_check (checks, "memory", "memory.limit_in_bytes",
             format_number (round_to_pages (limit == NCG_UNLIMITED ? G_MAXINT64 : limit)),
             is_optional (self, NCG_SETTING_MEMORY_MAX, NCG_UNLIMITED));
}

/* Those with a file of v1; the others of number_files are the same in name, or are not there. */
static const struct {
  NcgSetting setting;
  void (*add) (const NcgResources *self, GPtrArray *checks);
} v1_files[] = {
  { NCG_SETTING_CPU_WEIGHT, add_shares },
  { NCG_SETTING_CPU_QUOTA_USEC, add_cfs_quota },
  { NCG_SETTING_MEMORY_MAX, add_memory_limit },
};

static gboolean
has_v1_file (NcgSetting setting)
{
  for (gsize i = 0; i < G_N_ELEMENTS (v1_files); i++)
    if (v1_files[i].setting == setting)
      return TRUE;
  return FALSE;
}

GPtrArray *
ncg_resources_expect_v1 (const NcgResources *self)
{
  GPtrArray *checks = checks_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (v1_files); i++)
    if (ncg_resources_is_set (self, v1_files[i].setting))
      v1_files[i].add (self, checks);
  for (gsize i = 0; i < G_N_ELEMENTS (number_files); i++) {
    NcgSetting setting = number_files[i].setting;

    if (ncg_resources_is_set (self, setting) && !has_v1_file (setting) &&
        (setting == NCG_SETTING_PIDS_MAX || !is_optional (self, setting, number_files[i].neutral)))
      add_check (checks, number_files[i].controller, number_files[i].file,
                 format_number (self->numbers[setting]),
                 is_optional (self, setting, number_files[i].neutral));
  }
  add_cpusets (self, checks);
  return checks;
}
