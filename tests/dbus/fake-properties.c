/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The properties of units.
 */
#include "tests/dbus/fake-properties.h"

#include <string.h>
#include <unistd.h>

#define ERROR_READ_ONLY "org.freedesktop.DBus.Error.PropertyReadOnly"
#define ERROR_INVALID "org.freedesktop.DBus.Error.InvalidArgs"

#define MSEC G_GUINT64_CONSTANT (1000)
#define SEC G_GUINT64_CONSTANT (1000000)

static const struct {
  const char *name;
  const char *type;
  gboolean of_leaves; /* scopes and services only */
  gboolean at_start;  /* only StartTransientUnit takes it */
  gboolean of_any;    /* of units of any type: to be read by the interface that they share */
  gboolean is_hidden; /* it cannot be read, or not as what it was set to */
  guint64 min;        /* of numbers */
  guint64 max;        /* 0: no bound, and "infinity" is allowed */
  const char *file;
  const char *otherwise;
  gboolean in_pages;
} table[] = {
  { "After", "as", .at_start = TRUE, .of_any = TRUE },
  { "AllowedCPUs", "ay", .file = "cpuset.cpus", .otherwise = "" },
  { "AllowedMemoryNodes", "ay", .file = "cpuset.mems", .otherwise = "" },
  { "BPFProgram", "a(ss)", .at_start = TRUE },
  { "CPUAccounting", "b" },
  { "CPUQuotaPerSecUSec", "t", .min = 1 },
  { "CPUQuotaPeriodUSec", "t" },
  { "CPUWeight", "t", .min = 1, .max = 10000, .file = "cpu.weight", .otherwise = "100" },
  { "CollectMode", "s", .at_start = TRUE, .of_any = TRUE },
  { "Delegate", "b", .of_leaves = TRUE, .at_start = TRUE },
  { "DelegateControllers", "as", .of_leaves = TRUE, .at_start = TRUE },
  { "Description", "s", .of_any = TRUE },
  { "DeviceAllow", "a(ss)" },
  { "ExecStart", "a(sasb)", .of_leaves = TRUE, .at_start = TRUE, .is_hidden = TRUE },
  { "IOAccounting", "b" },
  { "IOWeight", "t", .min = 1, .max = 10000, .file = "io.weight", .otherwise = "100" },
  { "IPAddressAllow", "a(iayu)" },
  { "MemoryAccounting", "b" },
  { "MemoryHigh", "t", .min = 1, .file = "memory.high", .otherwise = "max", .in_pages = TRUE },
  { "MemoryLow", "t", .file = "memory.low", .otherwise = "0", .in_pages = TRUE },
  { "MemoryMax", "t", .min = 1, .file = "memory.max", .otherwise = "max", .in_pages = TRUE },
  { "MemoryMin", "t", .file = "memory.min", .otherwise = "0", .in_pages = TRUE },
  { "MemorySwapMax", "t", .file = "memory.swap.max", .otherwise = "max", .in_pages = TRUE },
  { "MemoryZSwapMax", "t", .in_pages = TRUE },
  { "OOMPolicy", "s", .of_leaves = TRUE, .at_start = TRUE },
  /* "ah", as fake_message_read() gives it */
  { "PIDFDs", "au", .of_leaves = TRUE, .at_start = TRUE, .is_hidden = TRUE },
  { "PIDs", "au", .of_leaves = TRUE, .at_start = TRUE, .is_hidden = TRUE },
  { "RemainAfterExit", "b", .of_leaves = TRUE, .at_start = TRUE },
  { "StartupMemoryMaxScale", "t", .is_hidden = TRUE },
  { "Slice", "s", .of_leaves = TRUE, .at_start = TRUE },
  { "StandardError", "s", .of_leaves = TRUE, .at_start = TRUE },
  { "StandardInput", "s", .of_leaves = TRUE, .at_start = TRUE },
  { "StandardOutput", "s", .of_leaves = TRUE, .at_start = TRUE },
  { "TasksAccounting", "b" },
  { "TasksMax", "t", .min = 1, .file = "pids.max", .otherwise = "max" },
  { "Type", "s", .of_leaves = TRUE, .at_start = TRUE },
};

static gboolean
is_leaf (const char *unit)
{
  return g_str_has_suffix (unit, ".scope") || g_str_has_suffix (unit, ".service");
}

static int
find (const char *name, gboolean of_leaf, GHashTable *unknown)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].name, name) && (of_leaf || !table[i].of_leaves) &&
        !g_hash_table_contains (unknown, name))
      return (int) i;
  return -1;
}

static gboolean
is_in_range (int i, GVariant *value)
{
  guint64 number;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return TRUE;
  number = g_variant_get_uint64 (value);
  return number >= table[i].min && (table[i].max == 0 || number <= table[i].max);
}

static const char *
check_one (const char *unit,
           gboolean is_new,
           const char *name,
           GVariant *value,
           GHashTable *unknown,
           char **ret_message)
{
  int i = find (name, is_leaf (unit), unknown);

  if (i < 0 || (table[i].at_start && !is_new)) {
    *ret_message = g_strdup_printf ("Cannot set property %s, or unknown property.", name);
    return ERROR_READ_ONLY;
  }
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE (table[i].type))) {
    *ret_message = g_strdup_printf ("Incorrect type of property %s", name);
    return ERROR_INVALID;
  }
  if (!is_in_range (i, value)) {
    *ret_message = g_strdup_printf ("Value specified in %s is out of range", name);
    return ERROR_INVALID;
  }
  return NULL;
}

const char *
fake_properties_check (const char *unit,
                       gboolean is_new,
                       GVariant *properties,
                       GHashTable *unknown,
                       char **ret_message)
{
  for (gsize i = 0; i < g_variant_n_children (properties); i++) {
    g_autoptr (GVariant) value = NULL;
    const char *name, *error;

    g_variant_get_child (properties, i, "(&sv)", &name, &value);
    error = check_one (unit, is_new, name, value, unknown, ret_message);
    if (error != NULL)
      return error;
  }
  return NULL;
}

static char *
format_number (guint64 number, gboolean in_pages)
{
  guint64 page = in_pages ? (guint64) sysconf (_SC_PAGESIZE) : 1;

  return number == G_MAXUINT64 ? g_strdup ("max")
                               : g_strdup_printf ("%" G_GUINT64_FORMAT, number / page * page);
}

/* From systemd's bits to the kernel's list. */
static char *
format_set (GVariant *bytes)
{
  gsize n_bytes;
  const guint8 *bits = g_variant_get_fixed_array (bytes, &n_bytes, 1);
  g_autoptr (GString) list = g_string_new (NULL);
  gsize end;

  for (gsize i = 0; i < n_bytes * 8; i = end + 1) {
    end = i;
    while (end < n_bytes * 8 && (bits[end / 8] >> (end % 8) & 1) != 0)
      end++;
    if (end > i)
      g_string_append_printf (list, "%s%zu", list->len > 0 ? "," : "", i);
    if (end > i + 1)
      g_string_append_printf (list, "-%zu", end - 1);
  }
  return g_string_free (g_steal_pointer (&list), FALSE);
}

static char *
format (int i, GVariant *value)
{
  if (value == NULL)
    return g_strdup (table[i].otherwise);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return format_number (g_variant_get_uint64 (value), table[i].in_pages);
  return format_set (value);
}

static guint64
get_number (GHashTable *properties, const char *name)
{
  GVariant *value = g_hash_table_lookup (properties, name);

  return value != NULL ? g_variant_get_uint64 (value) : G_MAXUINT64;
}

/* cgroup_cpu_adjust_period() and cgroup_apply_unified_cpu_quota() of systemd's core/cgroup.c */
static char *
format_quota (GHashTable *properties)
{
  guint64 quota = get_number (properties, "CPUQuotaPerSecUSec");
  guint64 period = get_number (properties, "CPUQuotaPeriodUSec");

  if (quota == G_MAXUINT64)
    return g_strdup ("max 100000");
  if (period == G_MAXUINT64)
    period = 100 * MSEC;
  period = MAX (period, MSEC);
  period = MAX (period, MSEC * SEC / quota);
  period = MIN (period, SEC);
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                          MAX (quota * period / SEC, MSEC), period);
}

void
fake_properties_apply (FakeKernel *kernel, const char *cgroup, GHashTable *properties)
{
  g_autofree char *quota = format_quota (properties);

  fake_kernel_write (kernel, cgroup, "cpu.max", quota);
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    GVariant *value = g_hash_table_lookup (properties, table[i].name);
    g_autofree char *text = NULL;

    if (table[i].file == NULL)
      continue;
    text = format ((int) i, value);
    fake_kernel_write (kernel, cgroup, table[i].file, text);
  }
}

/* (transfer floating) */
static GVariant *
make_default (const char *type)
{
  if (g_str_equal (type, "b"))
    return g_variant_new_boolean (FALSE);
  if (g_str_equal (type, "t"))
    return g_variant_new_uint64 (G_MAXUINT64);
  return g_str_equal (type, "s") ? g_variant_new_string ("auto")
                                 : g_variant_new_array (G_VARIANT_TYPE (type + 1), NULL, 0);
}

void
fake_properties_get_all (const char *unit,
                         gboolean of_any,
                         GHashTable *properties,
                         GHashTable *unknown,
                         GVariantDict *all)
{
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
    GVariant *value = g_hash_table_lookup (properties, table[i].name);

    if (!table[i].of_any == !of_any && !table[i].is_hidden &&
        find (table[i].name, is_leaf (unit), unknown) >= 0)
      g_variant_dict_insert_value (all, table[i].name,
                                   value != NULL ? value : make_default (table[i].type));
  }
}

char *
fake_properties_introspect (const char *name, gboolean of_leaf, GHashTable *unknown)
{
  g_autoptr (GString) xml = g_string_new (NULL);

  g_string_append_printf (xml, "<interface name=\"%s\">", name);
  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (find (table[i].name, of_leaf, unknown) >= 0)
      g_string_append_printf (xml, "<property name=\"%s\" type=\"%s\" access=\"read\"/>",
                              table[i].name, table[i].type);
  g_string_append (xml, "</interface>");
  return g_string_free (g_steal_pointer (&xml), FALSE);
}
