/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources as files: a table of the numbers, and the lists of sizes, devices and other files.
 */
#include "lib/file-settings.h"

#include "lib/cpu-bandwidth.h"
#include "lib/io-weight.h"
#include "lib/memory-amount.h"
#include "lib/page-size.h"
#include "lib/shares.h"

#include <string.h>
#include <unistd.h>

typedef struct {
  const NcgResources *resources;
  const NcgHierarchy *hierarchy;
  GPtrArray *settings;
} List;

void
ncg_file_setting_free (NcgFileSetting *self)
{
  g_free (self->controller);
  g_free (self->file);
  g_free (self->key);
  g_free (self->value);
  g_free (self->wanted);
  g_free (self->also);
  g_free (self->actual);
  g_free (self);
}

char *
ncg_file_setting_get_name (const NcgFileSetting *self)
{
  return self->key != NULL ? g_strconcat (self->file, " ", self->key, NULL) : g_strdup (self->file);
}

static guint64
page_bytes (void)
{
  return (guint64) sysconf (_SC_PAGESIZE);
}

static char *
format_number (guint64 value)
{
  return value == NCG_UNLIMITED ? g_strdup ("max") : g_strdup_printf ("%" G_GUINT64_FORMAT, value);
}

NcgFileSetting *
ncg_file_setting_new (const NcgTree *tree,
                      const char *controller,
                      const char *file,
                      const char *value)
{
  NcgFileSetting *self = g_new0 (NcgFileSetting, 1);

  self->tree = tree;
  self->controller = g_strdup (controller);
  self->file = g_strdup (file);
  self->value = g_strdup (value);
  self->wanted = g_strdup (value);
  return self;
}

/* Takes @value. */
static NcgFileSetting *
add (List *list, const NcgTree *tree, const char *controller, const char *file, char *value)
{
  g_autofree char *owned = value;
  NcgFileSetting *setting = ncg_file_setting_new (tree, controller, file, owned);

  g_ptr_array_add (list->settings, setting);
  return setting;
}

static void
set_wanted (NcgFileSetting *setting, char *wanted)
{
  g_free (setting->wanted);
  setting->wanted = wanted;
}

/* systemd knows @property; whether it does it is a matter of where the controller is. */
static void
set_property (const List *list, NcgFileSetting *setting, const char *property)
{
  gboolean is_unified = list->hierarchy->mode == NCG_HIERARCHY_UNIFIED;

  if (setting->tree != NULL && (is_unified || setting->tree->is_v1))
    setting->property = property;
}

typedef struct Rule Rule;
typedef void (*Adder) (List *list, const Rule *rule, const NcgTree *tree, guint64 value);

struct Rule {
  NcgSetting setting;
  const char *controller;
  const char *file;
  const char *property;
  Adder add_v2;
  Adder add_v1; /* NULL: v1 has no such thing */
};

static gboolean
is_optional (const List *list, const Rule *rule, guint64 value)
{
  return (list->resources->optional & (1u << rule->setting)) != 0 ||
         value == ncg_setting_get_default (rule->setting);
}

static NcgFileSetting *
add_file (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  NcgFileSetting *setting = add (list, tree, rule->controller, rule->file, format_number (value));

  setting->is_optional = is_optional (list, rule, value);
  set_property (list, setting, rule->property);
  return setting;
}

static void
add_number (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  add_file (list, rule, tree, value);
}

static void
add_bytes (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  set_wanted (add_file (list, rule, tree, value),
              format_number (ncg_memory_amount_round (value, page_bytes ())));
}

/* In a file of v1 whose value is a number and cannot be "max". */
static NcgFileSetting *
add_v1_bytes (List *list,
              const Rule *rule,
              const NcgTree *tree,
              const char *file,
              guint64 bytes,
              guint64 page)
{
  gboolean is_unlimited = bytes == NCG_UNLIMITED;
  NcgFileSetting *setting = add (list, tree, rule != NULL ? rule->controller : "hugetlb", file,
                                 is_unlimited ? g_strdup ("-1") : format_number (bytes));

  set_wanted (setting,
              format_number (ncg_memory_amount_round (is_unlimited ? G_MAXINT64 : bytes, page)));
  setting->is_optional = rule != NULL && is_optional (list, rule, bytes);
  return setting;
}

/* Of what is idle the kernel takes no weight, and reads another. */
static void
add_idle (List *list, const Rule *rule, const NcgTree *tree)
{
  NcgFileSetting *setting = add (list, tree, rule->controller, "cpu.idle", g_strdup ("1"));

  setting->is_optional = is_optional (list, rule, 0);
  if (tree == NULL || !tree->is_v1)
    set_property (list, setting, rule->property);
}

static void
add_weight (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  if (value == 0)
    add_idle (list, rule, tree);
  else
    add_file (list, rule, tree, value);
}

static void
add_shares (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  NcgFileSetting *setting;

  if (value == 0) {
    add_idle (list, rule, tree);
    return;
  }
  setting = add (list, tree, rule->controller, "cpu.shares",
                 format_number (ncg_shares_from_weight (NCG_SHARES_PROPORTIONAL, value)));
  setting->is_optional = is_optional (list, rule, value);
  set_property (list, setting, rule->property);
}

static guint64
get_period (const List *list)
{
  return ncg_resources_get (list->resources, NCG_SETTING_CPU_PERIOD_USEC, NCG_CPU_PERIOD_DEFAULT);
}

static void
add_bandwidth (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  NcgFileSetting *setting = add (list, tree, rule->controller, rule->file,
                                 ncg_cpu_bandwidth_format (value, get_period (list)));

  setting->is_optional = is_optional (list, rule, value);
  set_property (list, setting, rule->property);
}

/* The period first: it may be anything as long as there is no quota. */
static void
add_cfs_quota (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  g_autofree char *bandwidth = ncg_cpu_bandwidth_format (value, get_period (list));
  g_auto (GStrv) fields = g_strsplit (bandwidth, " ", 2);
  NcgFileSetting *setting;

  if (value != NCG_UNLIMITED) {
    setting = add (list, tree, rule->controller, "cpu.cfs_period_us", g_strdup (fields[1]));
    setting->is_optional = is_optional (list, rule, value);
    set_property (list, setting, "CPUQuotaPeriodUSec");
  }
  setting = add (list, tree, rule->controller, "cpu.cfs_quota_us",
                 g_strdup (value == NCG_UNLIMITED ? "-1" : fields[0]));
  setting->is_optional = is_optional (list, rule, value);
  set_property (list, setting, rule->property);
}

static void
add_v1_limit (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  set_property (list,
                add_v1_bytes (list, rule, tree, "memory.limit_in_bytes", value, page_bytes ()),
                rule->property);
}

static void
add_soft_limit (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  NcgFileSetting *setting = add_v1_bytes (
      list, rule, tree, "memory.soft_limit_in_bytes",
      value == ncg_setting_get_default (rule->setting) ? NCG_UNLIMITED : value, page_bytes ());

  setting->is_optional = is_optional (list, rule, value);
}

/* Swap alone cannot be limited there, only memory and swap together. */
static void
add_memsw (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  guint64 limit = ncg_resources_get (list->resources, NCG_SETTING_MEMORY_MAX, NCG_UNLIMITED);

  if (value == NCG_UNLIMITED)
    add_v1_bytes (list, rule, tree, "memory.memsw.limit_in_bytes", value, page_bytes ());
  else if (limit == NCG_UNLIMITED)
    add_bytes (list, rule, NULL, value);
  else
    add_v1_bytes (list, rule, tree, "memory.memsw.limit_in_bytes",
                  MIN (limit + value, (guint64) G_MAXINT64), page_bytes ());
}

/* The two belong together: which is there depends on the kernel, which counts on the device. */
static void
add_weights (List *list,
             const Rule *rule,
             const NcgTree *tree,
             guint64 value,
             const char *const files[2],
             const guint64 weights[2],
             char *also)
{
  for (guint i = 0; i < 2; i++) {
    NcgFileSetting *setting =
        add (list, tree, tree->is_v1 ? "blkio" : "io", files[i], format_number (weights[i]));

    setting->form = NCG_FILE_WEIGHT;
    setting->alternative = files[1 - i];
    setting->is_optional = is_optional (list, rule, value);
    if (i == 1)
      setting->also = also;
    set_property (list, setting, rule->property);
  }
}

/* (transfer full): what older versions of systemd make of it for BFQ: 247 nothing else, so that the
 * kernel refuses what is over 1000; 248 divides it by ten. */
static char *
list_old_bfq_weights (guint64 weight)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, weight, (weight + 9) / 10);
}

static void
add_io_weight (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  static const char *const files[] = { "io.weight", "io.bfq.weight" };
  const guint64 weights[] = { value, ncg_io_weight_to_bfq (value) };

  if (tree == NULL)
    add_file (list, rule, tree, value);
  else
    add_weights (list, rule, tree, value, files, weights, list_old_bfq_weights (value));
}

static void
add_blkio_weight (List *list, const Rule *rule, const NcgTree *tree, guint64 value)
{
  static const char *const files[] = { "blkio.weight", "blkio.bfq.weight" };
  guint64 blkio = ncg_io_weight_to_blkio (value);
  const guint64 weights[] = { blkio, ncg_io_weight_to_bfq (value) };
  g_autofree char *old = list_old_bfq_weights (blkio);

  add_weights (list, rule, tree, value, files, weights,
               g_strdup_printf ("%" G_GUINT64_FORMAT " %s", ncg_io_weight_to_bfq (blkio), old));
}

static const Rule rules[] = {
  { NCG_SETTING_CPU_WEIGHT, "cpu", "cpu.weight", "CPUWeight", add_weight, add_shares },
  { NCG_SETTING_CPU_QUOTA_USEC, "cpu", "cpu.max", "CPUQuotaPerSecUSec", add_bandwidth,
    add_cfs_quota },
  { NCG_SETTING_MEMORY_MIN, "memory", "memory.min", "MemoryMin", add_bytes, NULL },
  { NCG_SETTING_MEMORY_LOW, "memory", "memory.low", "MemoryLow", add_bytes, add_soft_limit },
  { NCG_SETTING_MEMORY_HIGH, "memory", "memory.high", "MemoryHigh", add_bytes, NULL },
  { NCG_SETTING_MEMORY_MAX, "memory", "memory.max", "MemoryMax", add_bytes, add_v1_limit },
  { NCG_SETTING_MEMORY_SWAP_MAX, "memory", "memory.swap.max", "MemorySwapMax", add_bytes,
    add_memsw },
  { NCG_SETTING_OOM_GROUP, "memory", "memory.oom.group", NULL, add_number, NULL },
  { NCG_SETTING_PIDS_MAX, "pids", "pids.max", "TasksMax", add_number, add_number },
  { NCG_SETTING_IO_WEIGHT, "io", "io.weight", "IOWeight", add_io_weight, add_blkio_weight },
};
/* The period is part of the quota. */
G_STATIC_ASSERT (G_N_ELEMENTS (rules) == NCG_N_SETTINGS - 1);

/* The controller of block I/O has another name on v1. */
static const NcgTree *
find_tree (const List *list, const char *controller)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (list->hierarchy, controller);

  if (tree == NULL && g_str_equal (controller, "io"))
    tree = ncg_hierarchy_find_tree (list->hierarchy, "blkio");
  return tree;
}

static void
add_numbers (List *list)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++) {
    const NcgTree *tree = find_tree (list, rules[i].controller);
    guint64 value = list->resources->numbers[rules[i].setting];

    if (!ncg_resources_is_set (list->resources, rules[i].setting))
      continue;
    if (tree == NULL || !tree->is_v1)
      rules[i].add_v2 (list, &rules[i], tree, value);
    else if (rules[i].add_v1 != NULL)
      rules[i].add_v1 (list, &rules[i], tree, value);
    else
      rules[i].add_v2 (list, &rules[i], NULL, value);
  }
}

static void
add_set (List *list, const NcgCpuset *set, const char *file, const char *property)
{
  const NcgTree *tree = find_tree (list, "cpuset");
  NcgFileSetting *setting;

  if (set == NULL)
    return;
  setting = add (list, tree, "cpuset", file, ncg_cpuset_format (set));
  setting->form = NCG_FILE_SET;
  if (tree == NULL || !tree->is_v1)
    set_property (list, setting, property);
}

static void
add_hugepages_file (List *list,
                    const NcgTree *tree,
                    const NcgHugepageLimit *limit,
                    const char *infix,
                    gboolean is_optional)
{
  gboolean is_v1 = tree != NULL && tree->is_v1;
  g_autofree char *size = ncg_page_size_format (limit->page_bytes);
  g_autofree char *file =
      g_strconcat ("hugetlb.", size, infix, is_v1 ? ".limit_in_bytes" : ".max", NULL);
  NcgFileSetting *setting;

  if (is_v1) {
    setting = add_v1_bytes (list, NULL, tree, file, limit->limit_bytes, limit->page_bytes);
  } else {
    setting = add (list, tree, "hugetlb", file, format_number (limit->limit_bytes));
    set_wanted (setting,
                format_number (ncg_memory_amount_round (limit->limit_bytes, limit->page_bytes)));
  }
  setting->is_optional = is_optional || limit->limit_bytes == NCG_UNLIMITED;
}

/* Whoever names the file of the reservations says what is in it. */
static gboolean
names_reservations (const NcgResources *resources, guint64 page_bytes)
{
  g_autofree char *size = ncg_page_size_format (page_bytes);
  g_autofree char *file = g_strconcat ("hugetlb.", size, ".rsvd.max", NULL);

  for (guint i = 0; resources->unified != NULL && i < resources->unified->len; i++)
    if (g_str_equal (((const NcgUnifiedFile *) resources->unified->pdata[i])->file, file))
      return TRUE;
  return FALSE;
}

static void
add_hugepages (List *list)
{
  const GArray *limits = list->resources->hugepages;
  const NcgTree *tree = find_tree (list, "hugetlb");

  for (guint i = 0; limits != NULL && i < limits->len; i++) {
    const NcgHugepageLimit *limit = &g_array_index (limits, NcgHugepageLimit, i);

    add_hugepages_file (list, tree, limit, "", FALSE);
    if (tree != NULL && !names_reservations (list->resources, limit->page_bytes))
      add_hugepages_file (list, tree, limit, ".rsvd", TRUE);
  }
}

static const struct {
  const char *field;
  const char *property;
  const char *v1_file;
  const char *v1_property;
} io_limits[] = {
  [NCG_IO_LIMIT_READ_BANDWIDTH] = { "rbps", "IOReadBandwidthMax", "blkio.throttle.read_bps_device",
                                    "IOReadBandwidthMax" },
  [NCG_IO_LIMIT_WRITE_BANDWIDTH] = { "wbps", "IOWriteBandwidthMax",
                                     "blkio.throttle.write_bps_device", "IOWriteBandwidthMax" },
  [NCG_IO_LIMIT_READ_IOPS] = { "riops", "IOReadIOPSMax", "blkio.throttle.read_iops_device", NULL },
  [NCG_IO_LIMIT_WRITE_IOPS] = { "wiops", "IOWriteIOPSMax", "blkio.throttle.write_iops_device",
                                NULL },
};
G_STATIC_ASSERT (G_N_ELEMENTS (io_limits) == NCG_N_IO_LIMITS);

static void
add_io_limit (List *list, const NcgTree *tree, const NcgDeviceLimits *device, int i)
{
  g_autofree char *number = format_number (device->limits[i]);
  gboolean is_unlimited = device->limits[i] == NCG_UNLIMITED;
  gboolean is_v1 = tree != NULL && tree->is_v1;
  NcgFileSetting *setting;

  if (is_v1) {
    setting =
        add (list, tree, "blkio", io_limits[i].v1_file, g_strdup (is_unlimited ? "0" : number));
    set_wanted (setting, g_strdup (number));
  } else {
    setting = add (list, tree, "io", "io.max", g_strconcat (io_limits[i].field, "=", number, NULL));
  }
  setting->form = is_v1 ? NCG_FILE_KEYED : NCG_FILE_FIELDS;
  setting->key = g_strdup_printf ("%u:%u", device->major, device->minor);
  setting->absent = "max";
  setting->is_optional = is_unlimited;
  if (device->is_whole_disk)
    set_property (list, setting, is_v1 ? io_limits[i].v1_property : io_limits[i].property);
}

static void
add_devices (List *list)
{
  const GPtrArray *devices = list->resources->devices;
  const NcgTree *tree = find_tree (list, "io");

  for (guint i = 0; devices != NULL && i < devices->len; i++) {
    const NcgDeviceLimits *device = devices->pdata[i];

    for (int j = 0; j < NCG_N_IO_LIMITS; j++)
      if ((device->set & (1u << j)) != 0)
        add_io_limit (list, tree, device, j);
  }
}

GPtrArray *
ncg_file_settings_list (const NcgResources *resources, const NcgHierarchy *hierarchy)
{
  GPtrArray *settings = g_ptr_array_new_full (16, (GDestroyNotify) ncg_file_setting_free);
  List list = { resources, hierarchy, settings };

  add_numbers (&list);
  add_set (&list, resources->memory_nodes, "cpuset.mems", "AllowedMemoryNodes");
  add_set (&list, resources->cpus, "cpuset.cpus", "AllowedCPUs");
  add_hugepages (&list);
  add_devices (&list);
  for (guint i = 0; resources->unified != NULL && i < resources->unified->len; i++)
    ncg_file_settings_add_unified (settings, resources->unified->pdata[i], hierarchy);
  return settings;
}
