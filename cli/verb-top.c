/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl top: the pods with what they use, again and again, until it is ended.
 *
 * JSON: an object in a line of its own for each look: TimestampUSec, Pods, and with --parts Parts.
 * Pods are sorted; each has Uid, QosClass, State, of what is known MilliCPU (since the look before,
 * in millicores), MemoryWorkingSetBytes, PidsCurrent, ReadBytesPerSecond and WriteBytesPerSecond,
 * where there is a limit MilliCPULimit, MemoryLimitBytes and PidsLimit, and with --containers
 * Containers, with a Name each and the same. Parts have a Name, as in GetUsage, and the same but
 * for what is read and written; their limits are what is kept for them. A look at which the daemon
 * did not answer is an object with TimestampUSec and Error.
 */
#include "cli/failure.h"
#include "cli/screen.h"
#include "cli/signals.h"
#include "cli/top-feed.h"
#include "cli/top-view.h"
#include "cli/verbs.h"

#include <signal.h>
#include <unistd.h>

#define DELAY_DEFAULT_USEC (2 * G_TIME_SPAN_SECOND)

/* The note of the first look after one that failed. */
#define IS_BACK "nodecgroupsd answers again"

static TopState chosen = { .sort = TOP_SORT_CPU, .delay_usec = DELAY_DEFAULT_USEC };
static int iterations;
static gboolean is_batch;

static gboolean
on_delay (const char *option, const char *value, gpointer data, GError **error)
{
  char *end;
  double usec = g_ascii_strtod (value, &end) * G_USEC_PER_SEC;

  if (end == value || *end != '\0' || !(usec >= TOP_DELAY_LEAST_USEC) ||
      usec > TOP_DELAY_MOST_USEC) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "%s takes seconds, from 0.1 to 3600, not \"%s\"", option, value);
    return FALSE;
  }
  chosen.delay_usec = (guint64) usec;
  return TRUE;
}

static gboolean
on_iterations (const char *option, const char *value, gpointer data, GError **error)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (value, 10, 1, G_MAXINT, &number, NULL)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "%s takes a number from 1 on, not \"%s\"", option, value);
    return FALSE;
  }
  iterations = (int) number;
  return TRUE;
}

static gboolean
on_sort (const char *option, const char *value, gpointer data, GError **error)
{
  return top_sort_find (option, value, &chosen.sort, error);
}

static const GOptionEntry entries[] = {
  { "delay", 'd', 0, G_OPTION_ARG_CALLBACK, (gpointer) on_delay,
    "From one look to the next; 2 by default", "SECONDS" },
  { "iterations", 'n', 0, G_OPTION_ARG_CALLBACK, (gpointer) on_iterations,
    "End after so many looks", "N" },
  { "batch", 'b', 0, G_OPTION_ARG_NONE, &is_batch,
    "Print tables, one after the other, as without a terminal and with --json", NULL },
  { "sort", 's', 0, G_OPTION_ARG_CALLBACK, (gpointer) on_sort,
    "cpu (the default), memory, pids, io or name", "KEY" },
  { "reverse", 'r', 0, G_OPTION_ARG_NONE, &chosen.is_reversed, "The other way round", NULL },
  { "containers", 'c', 0, G_OPTION_ARG_NONE, &chosen.has_containers,
    "Show the containers of pods as well", NULL },
  { "parts", 'p', 0, G_OPTION_ARG_NONE, &chosen.has_parts, "Show the parts of the node as well",
    NULL },
  { NULL },
};

typedef struct {
  const Call *call;
  GMainLoop *loop;
  TopState state;
  TopFeed *feed;
  Screen *screen;  /* NULL in batch */
  guint n_looks;   /* so far */
  GPtrArray *rows; /* (nullable) (element-type TopRow): NULL before the first look */
  GArray *parts;   /* (nullable) (element-type Part) */
  char *note;      /* (nullable) */
  guint64 moment_usec;
  GError *error; /* what ends it */
} Top;

static void
top_clear (Top *self)
{
  g_clear_pointer (&self->feed, top_feed_free);
  g_clear_pointer (&self->screen, screen_free);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->parts, g_array_unref);
  g_clear_pointer (&self->note, g_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Top, top_clear)

static TopPicture
get_picture (const Top *self)
{
  return (TopPicture){
    .rows = self->rows,
    .parts = self->state.has_parts ? self->parts : NULL,
    .note = self->note,
    .moment_usec = self->moment_usec,
  };
}

static void
show_screen (Top *self)
{
  const TopPicture picture = get_picture (self);
  const guint n_lines = screen_get_rows (self->screen);
  TableLook look = call_get_look (self->call);
  g_autoptr (GPtrArray) lines = NULL;

  if (self->rows == NULL)
    return;
  look.columns = screen_get_columns (self->screen);
  top_rows_sort (self->rows, self->state.sort, self->state.is_reversed);
  top_state_fit (&self->state, top_view_count_places (&picture, n_lines),
                 top_view_count_rows (&picture));
  lines = top_view_fill (&picture, &self->state, &look, n_lines);
  screen_show (self->screen, lines);
}

static GVariant *
describe_parts (const GArray *parts)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < parts->len; i++) {
    const Part *part = &g_array_index (parts, Part, i);
    g_auto (GVariantDict) fields = G_VARIANT_DICT_INIT (NULL);

    g_variant_dict_insert (&fields, "Name", "s", part->name);
    load_describe (&part->load, &fields);
    g_variant_builder_add_value (&list, g_variant_dict_end (&fields));
  }
  return g_variant_builder_end (&list);
}

/* @error: (nullable): why there is nothing else */
static void
print_json (const Top *self, const char *error)
{
  g_auto (GVariantDict) fields = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&fields, "TimestampUSec", "t", self->moment_usec);
  if (error != NULL)
    g_variant_dict_insert (&fields, "Error", "s", error);
  else
    g_variant_dict_insert_value (&fields, "Pods", top_rows_describe (self->rows));
  if (error == NULL && self->parts != NULL)
    g_variant_dict_insert_value (&fields, "Parts", describe_parts (self->parts));
  call_print_json_line (self->call, g_variant_dict_end (&fields));
}

static void
print_look (Top *self)
{
  const TopPicture picture = get_picture (self);
  const TableLook look = call_get_look (self->call);
  g_autofree char *text = NULL;

  top_rows_sort (self->rows, self->state.sort, self->state.is_reversed);
  if (call_wants_json (self->call)) {
    print_json (self, NULL);
    return;
  }
  text = top_view_format (&picture, &self->state, &look);
  /* With an empty line behind it. */
  call_print_line (self->call, text);
}

static void
count_look (Top *self)
{
  self->n_looks++;
  if (iterations > 0 && self->n_looks >= (guint) iterations)
    g_main_loop_quit (self->loop);
}

static void
on_came (gboolean is_first, gpointer user_data)
{
  Top *self = user_data;
  g_autofree char *note = g_steal_pointer (&self->note);

  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->parts, g_array_unref);
  self->rows = top_feed_list_rows (self->feed);
  self->parts = top_feed_list_parts (self->feed);
  self->moment_usec = (guint64) g_get_real_time ();
  /* For one look it is said that it is back. */
  if (note != NULL && !g_str_equal (note, IS_BACK))
    self->note = g_strdup (IS_BACK);
  if (self->screen != NULL)
    show_screen (self);
  else if (!is_first)
    print_look (self);
  if (!is_first)
    count_look (self);
}

/* Before the first look it is as with other verbs, and so it is without a bus. Later on it may come
 * back. */
static void
on_failed (const GError *error, gpointer user_data)
{
  Top *self = user_data;

  if (self->rows == NULL || g_dbus_connection_is_closed (bus_get_connection (self->call->bus))) {
    self->error = g_error_copy (error);
    g_main_loop_quit (self->loop);
    return;
  }
  g_free (self->note);
  self->note = failure_describe (error);
  self->moment_usec = (guint64) g_get_real_time ();
  if (self->screen != NULL)
    show_screen (self);
  else if (call_wants_json (self->call))
    print_json (self, self->note);
  else
    call_print_line (self->call, self->note);
  count_look (self);
}

static void
on_ended (gpointer user_data)
{
  Top *self = user_data;

  g_main_loop_quit (self->loop);
}

static void
on_resized (gpointer user_data)
{
  show_screen (user_data);
}

static void
on_pressed (int key, gpointer user_data)
{
  Top *self = user_data;
  const TopPicture picture = get_picture (self);

  if (self->rows == NULL) {
    if (key == 'q')
      g_main_loop_quit (self->loop);
    return;
  }
  switch (top_state_press (&self->state, key,
                           top_view_count_places (&picture, screen_get_rows (self->screen)),
                           top_view_count_rows (&picture))) {
  case TOP_EFFECT_ASK:
    top_feed_hurry (self->feed);
    break;
  case TOP_EFFECT_SCHEDULE:
    top_feed_schedule (self->feed);
    break;
  case TOP_EFFECT_NONE:
  case TOP_EFFECT_SHOW:
    break;
  }
  if (self->state.is_ended)
    g_main_loop_quit (self->loop);
  else
    show_screen (self);
}

static void
on_signal (int number, gpointer user_data)
{
  on_ended (user_data);
}

static gboolean
watch (Top *self, GError **error)
{
  static const TopFeedEvents events = { on_came, on_failed };

  self->feed = top_feed_new (self->call->bus, &self->state, &events, self);
  g_main_loop_run (self->loop);
  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, self->error);
  return FALSE;
}

static gboolean
run_in_batch (Top *self, GError **error)
{
  static const int numbers[] = { SIGINT, SIGTERM, 0 };
  g_autoptr (Signals) signals = signals_new (numbers, on_signal, self, error);

  return signals != NULL && watch (self, error);
}

static gboolean
run_on_screen (Top *self, GError **error)
{
  static const ScreenEvents events = { on_pressed, on_resized, on_ended };

  self->screen = screen_new (self->call->terminal->has_colors, &events, self, error);
  return self->screen != NULL && watch (self, error);
}

static gboolean
run (Call *call, GError **error)
{
  g_auto (Top) self = {
    .call = call,
    .loop = g_main_loop_new (NULL, FALSE),
    .state = chosen,
  };

  if (!bus_wake (call->bus, error))
    return FALSE;
  if (is_batch || call_wants_json (call) || !call->terminal->is_terminal ||
      isatty (STDIN_FILENO) != 1)
    return run_in_batch (&self, error);
  return run_on_screen (&self, error);
}

const Verb verb_top = {
  .name = "top",
  .arguments = "",
  .needs_bus = TRUE,
  .group = VERB_GROUP_SEE,
  .help = "Show what pods use, as it changes, until q is pressed",
  .options = entries,
  .more = "CPU is what was used since the look before, in CPUs (m: thousandths). Memory is the "
          "working set. \"of\"\nis the limit. What is read and written is in a second. The keys: h "
          "shows them.",
  .run = run,
};
