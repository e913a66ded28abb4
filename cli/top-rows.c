/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of top.
 */
#include "cli/top-rows.h"

#include "cli/bus.h"

#include <string.h>

typedef struct {
  char *qos_class;
  char *state;
  LoadOf cpu; /* its limit */
} Fact;

struct TopFacts {
  GHashTable *pods; /* (element-type utf8 Fact) */
};

static void
fact_free (gpointer data)
{
  Fact *fact = data;

  g_free (fact->qos_class);
  g_free (fact->state);
  g_free (fact);
}

/* @properties: of a pod */
static void
add_fact (TopFacts *self, GVariant *properties)
{
  g_autoptr (GVariant) spec = g_variant_lookup_value (properties, "Spec", G_VARIANT_TYPE_VARDICT);
  Fact *fact;
  char *uid;

  if (!g_variant_lookup (properties, "Uid", "s", &uid))
    return;
  fact = g_new0 (Fact, 1);
  g_variant_lookup (properties, "QosClass", "s", &fact->qos_class);
  g_variant_lookup (properties, "State", "s", &fact->state);
  fact->cpu.is_limited = figures_get (spec, "CPULimit", &fact->cpu.limit);
  g_hash_table_insert (self->pods, uid, fact);
}

TopFacts *
top_facts_new (GVariant *objects)
{
  TopFacts *self = g_new0 (TopFacts, 1);
  GVariantIter iter;
  GVariant *interfaces;

  self->pods = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, fact_free);
  g_variant_iter_init (&iter, objects);
  while (g_variant_iter_loop (&iter, "{&o@a{sa{sv}}}", NULL, &interfaces)) {
    g_autoptr (GVariant) properties =
        g_variant_lookup_value (interfaces, BUS_POD, G_VARIANT_TYPE_VARDICT);

    if (properties != NULL)
      add_fact (self, properties);
  }
  return self;
}

void
top_facts_free (TopFacts *self)
{
  g_hash_table_unref (self->pods);
  g_free (self);
}

static void
top_row_free (gpointer data)
{
  TopRow *row = data;

  g_free (row->name);
  g_free (row->qos_class);
  g_free (row->state);
  g_ptr_array_unref (row->containers);
  g_free (row);
}

/* (transfer full) @before: (nullable) @after: (nullable): the figures of one */
static TopRow *
make_row (const char *name, GVariant *before, GVariant *after)
{
  TopRow *row = g_new0 (TopRow, 1);

  row->name = g_strdup (name);
  row->load = load_from_stats (before, after);
  row->read.is_known = figures_get_io_rate (before, after, "ReadBytes", &row->read.used);
  row->written.is_known = figures_get_io_rate (before, after, "WriteBytes", &row->written.used);
  row->containers = g_ptr_array_new_with_free_func (top_row_free);
  return row;
}

/* (transfer full) (nullable): what @stats (nullable) has of the containers, "a{sa{sv}}" */
static GVariant *
get_containers (GVariant *stats)
{
  return stats != NULL ? g_variant_lookup_value (stats, "Containers", G_VARIANT_TYPE ("a{sa{sv}}"))
                       : NULL;
}

static void
add_containers (TopRow *pod, GVariant *stats_before, GVariant *stats_after)
{
  g_autoptr (GVariant) before = get_containers (stats_before);
  g_autoptr (GVariant) after = get_containers (stats_after);
  GVariantIter iter;
  const char *name;
  GVariant *now;

  if (after == NULL)
    return;
  g_variant_iter_init (&iter, after);
  while (g_variant_iter_loop (&iter, "{&s@a{sv}}", &name, &now)) {
    g_autoptr (GVariant) then =
        before != NULL ? g_variant_lookup_value (before, name, G_VARIANT_TYPE_VARDICT) : NULL;

    g_ptr_array_add (pod->containers, make_row (name, then, now));
  }
}

static void
set_fact (TopRow *row, const Fact *fact)
{
  if (fact == NULL)
    return;
  row->qos_class = g_strdup (fact->qos_class);
  row->state = g_strdup (fact->state);
  row->load.cpu.is_limited = fact->cpu.is_limited;
  row->load.cpu.limit = fact->cpu.limit;
}

/* Those that are there, and have no figures. */
static void
add_others (GPtrArray *rows, const TopFacts *facts, GHashTable *seen)
{
  GHashTableIter iter;
  gpointer uid, fact;

  g_hash_table_iter_init (&iter, facts->pods);
  while (g_hash_table_iter_next (&iter, &uid, &fact)) {
    TopRow *row;

    if (g_hash_table_contains (seen, uid))
      continue;
    row = make_row (uid, NULL, NULL);
    set_fact (row, fact);
    g_ptr_array_add (rows, row);
  }
}

GPtrArray *
top_rows_new (const TopFacts *facts, GVariant *before, GVariant *after)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (top_row_free);
  g_autoptr (GHashTable) then = before != NULL ? figures_index (before) : NULL;
  g_autoptr (GHashTable) now = figures_index (after);
  GHashTableIter iter;
  gpointer uid, stats;

  g_hash_table_iter_init (&iter, now);
  while (g_hash_table_iter_next (&iter, &uid, &stats)) {
    GVariant *stats_before = then != NULL ? g_hash_table_lookup (then, uid) : NULL;
    TopRow *row = make_row (uid, stats_before, stats);

    set_fact (row, g_hash_table_lookup (facts->pods, uid));
    add_containers (row, stats_before, stats);
    g_ptr_array_add (rows, row);
  }
  add_others (rows, facts, now);
  return rows;
}

LoadOf
top_rows_add_io (const LoadOf *read, const LoadOf *written)
{
  return (LoadOf){
    .is_known = read->is_known && written->is_known,
    .used = read->used + written->used,
  };
}

/* By which a row is sorted; nothing of all where that is its name. */
static LoadOf
get_figure (const TopRow *row, TopSort sort)
{
  const LoadOf figures[TOP_SORT_N] = {
    [TOP_SORT_CPU] = row->load.cpu,
    [TOP_SORT_MEMORY] = row->load.memory,
    [TOP_SORT_PIDS] = row->load.pids,
    [TOP_SORT_IO] = top_rows_add_io (&row->read, &row->written),
  };

  return figures[sort];
}

typedef struct {
  TopSort sort;
  gboolean is_reversed;
} Order;

static int
compare_rows (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const TopRow *one = *(const TopRow *const *) a, *other = *(const TopRow *const *) b;
  const Order *order = user_data;
  const LoadOf mine = get_figure (one, order->sort), others = get_figure (other, order->sort);
  int by_name = strcmp (one->name, other->name);

  if (order->sort == TOP_SORT_NAME)
    return order->is_reversed ? -by_name : by_name;
  if (mine.is_known != others.is_known)
    return mine.is_known ? -1 : 1;
  if (!mine.is_known || mine.used == others.used)
    return by_name;
  return (mine.used > others.used) != order->is_reversed ? -1 : 1;
}

void
top_rows_sort (GPtrArray *rows, TopSort sort, gboolean is_reversed)
{
  Order order = { sort, is_reversed };

  g_ptr_array_sort_with_data (rows, compare_rows, &order);
  for (guint i = 0; i < rows->len; i++) {
    const TopRow *row = g_ptr_array_index (rows, i);

    g_ptr_array_sort_with_data (row->containers, compare_rows, &order);
  }
}

Load
top_rows_sum (const GPtrArray *rows)
{
  Load sum = { 0 };

  for (guint i = 0; i < rows->len; i++) {
    const TopRow *row = g_ptr_array_index (rows, i);

    load_sum (&sum, &row->load);
  }
  return sum;
}

static void
insert_text (GVariantDict *fields, const char *key, const char *text)
{
  if (text != NULL)
    g_variant_dict_insert (fields, key, "s", text);
}

static GVariant *
describe_list (const GPtrArray *rows, const char *name_key)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < rows->len; i++) {
    const TopRow *row = g_ptr_array_index (rows, i);
    g_auto (GVariantDict) fields = G_VARIANT_DICT_INIT (NULL);

    insert_text (&fields, name_key, row->name);
    insert_text (&fields, "QosClass", row->qos_class);
    insert_text (&fields, "State", row->state);
    load_describe (&row->load, &fields);
    if (row->read.is_known)
      g_variant_dict_insert (&fields, "ReadBytesPerSecond", "t", row->read.used);
    if (row->written.is_known)
      g_variant_dict_insert (&fields, "WriteBytesPerSecond", "t", row->written.used);
    if (row->containers->len > 0)
      g_variant_dict_insert_value (&fields, "Containers", describe_list (row->containers, "Name"));
    g_variant_builder_add_value (&list, g_variant_dict_end (&fields));
  }
  return g_variant_builder_end (&list);
}

GVariant *
top_rows_describe (const GPtrArray *rows)
{
  return describe_list (rows, "Uid");
}
