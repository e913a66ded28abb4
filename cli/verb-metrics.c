/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl metrics: what there is to monitor, for Prometheus and its like.
 *
 * Nothing is started for it: who monitors a daemon that was stopped would else start it again and
 * again. Whatever is in the way, there is an output, with nodecgroups_up 0; the exit status says
 * what it was.
 *
 * JSON: an array of families, each an object: Name, Type (gauge, counter, info, histogram), Unit
 * (where it has one), Help, and Samples, an array of objects: Labels and Value, and of a histogram
 * also Name (which ends in _bucket, _count or _sum).
 */
#include "cli/json-text.h"
#include "cli/metrics.h"
#include "cli/stats-call.h"
#include "cli/verbs.h"
#include "cli/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Up to so many pods each has its own series, unless --pods says otherwise. */
#define EACH_MOST 500
#define OUTPUT_MODE 0644

typedef enum { PODS_AUTO, PODS_NONE, PODS_SUM, PODS_EACH } Pods;

static const Word pods_words[] = {
  { "auto", PODS_AUTO },
  { "none", PODS_NONE },
  { "sum", PODS_SUM },
  { "each", PODS_EACH },
};

static const Word format_words[] = {
  { "prometheus", EXPOSITION_PROMETHEUS },
  { "openmetrics", EXPOSITION_OPENMETRICS },
};

static int pods_mode = PODS_AUTO;
static int output_format = EXPOSITION_PROMETHEUS;
static char *output;

static gboolean
on_pods (const char *option, const char *value, gpointer data, GError **error)
{
  return words_find (pods_words, G_N_ELEMENTS (pods_words), option, value, &pods_mode, error);
}

static gboolean
on_format (const char *option, const char *value, gpointer data, GError **error)
{
  return words_find (format_words, G_N_ELEMENTS (format_words), option, value, &output_format,
                     error);
}

static const GOptionEntry entries[] = {
  { "format", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer) on_format,
    "prometheus (the text format 0.0.4, which node_exporter reads; the default) or openmetrics",
    "FORMAT" },
  { "pods", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer) on_pods,
    "each: series for each pod; sum: for each QoS class; none: how many there are. "
    "auto, the default, is each up to " G_STRINGIFY (EACH_MOST) " pods, and else sum",
    "WHICH" },
  { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
    "Write into a file, which is replaced as a whole; - is standard output", "FILE" },
  { NULL },
};

/* (transfer full): the only value of the reply, which is of @type, "(a{sv})" */
static GVariant *
ask (Bus *bus,
     const char *interface,
     const char *method,
     GVariant *arguments,
     const char *type,
     GError **error)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      bus_get_connection (bus), BUS_NAME, BUS_OBJECT, interface, method, arguments,
      G_VARIANT_TYPE (type), G_DBUS_CALL_FLAGS_NO_AUTO_START, BUS_CALL_MSEC, NULL, error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

static GVariant *
ask_properties (Bus *bus, const char *interface, GError **error)
{
  return ask (bus, "org.freedesktop.DBus.Properties", "GetAll", g_variant_new ("(s)", interface),
              "(a{sv})", error);
}

static GVariant *
ask_stats (Bus *bus, gboolean has_each, GError **error)
{
  return ask (bus, BUS_MANAGER, STATS_CALL,
              stats_call_arguments (NULL, FALSE, metrics_list_fields (has_each)), "(a{sa{sv}})",
              error);
}

static gboolean
has_each_pod (GVariant *pods)
{
  return pods_mode == PODS_EACH ||
         (pods_mode == PODS_AUTO && g_variant_n_children (pods) <= EACH_MOST);
}

static void
clear_reading (MetricsReading *reading)
{
  g_clear_pointer (&reading->manager, g_variant_unref);
  g_clear_pointer (&reading->node, g_variant_unref);
  g_clear_pointer (&reading->usage, g_variant_unref);
  g_clear_pointer (&reading->pods, g_variant_unref);
  g_clear_pointer (&reading->stats, g_variant_unref);
  g_clear_pointer (&reading->latencies, g_variant_unref);
}

/* All of it or nothing. */
static gboolean
read_all (const Call *call, MetricsReading *reading, GError **error)
{
  g_autoptr (Bus) bus = bus_open (call->options, error);
  gboolean ok = bus != NULL;

  ok = ok && (reading->manager = ask_properties (bus, BUS_MANAGER, error)) != NULL;
  ok = ok && (reading->node = ask_properties (bus, BUS_NODE, error)) != NULL;
  ok = ok && (reading->usage = ask (bus, BUS_NODE, "GetUsage", NULL, "(a{sa{sv}})", error)) != NULL;
  ok = ok &&
       (reading->latencies = ask (bus, BUS_NODE, "GetLatencies", NULL, "(a{sv})", error)) != NULL;
  ok =
      ok && (reading->pods = ask (bus, BUS_MANAGER, "ListPods", NULL, "(a(ssoss))", error)) != NULL;
  if (ok && pods_mode != PODS_NONE)
    ok = (reading->stats = ask_stats (bus, has_each_pod (reading->pods), error)) != NULL;
  if (!ok)
    clear_reading (reading);
  return ok;
}

/* A reader sees the old file or the new one. What is left of a crash is called FILE.XXXXXX, which
 * node_exporter does not read. */
static gboolean
replace_file (const char *text, GError **error)
{
  /* A link goes on to lead to it. */
  char *target = realpath (output, NULL);
  gboolean ok;

  /* The collector is another user than we are. */
  umask (0777 & ~OUTPUT_MODE);
  ok = g_file_set_contents_full (target != NULL ? target : output, text, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                 OUTPUT_MODE, error);
  free (target);
  return ok;
}

/* A device or a pipe, /dev/stdout at that, is not to be replaced. */
static gboolean
write_special (const char *text, GError **error)
{
  int fd = open (output, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  gsize length = strlen (text);
  ssize_t n = 0;

  while (fd >= 0 && n >= 0 && length > 0) {
    n = write (fd, text, length);
    n = n < 0 && errno == EINTR ? 0 : n;
    text += MAX (n, 0);
    length -= (gsize) MAX (n, 0);
  }
  if (length > 0)
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED, "%s cannot be written: %s", output,
                 g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return length == 0;
}

static gboolean
write_file (const char *text, GError **error)
{
  struct stat status;

  if (stat (output, &status) < 0 || S_ISREG (status.st_mode))
    return replace_file (text, error);
  return write_special (text, error);
}

static gboolean
show (const Call *call, const MetricsReading *reading, GError **error)
{
  gboolean has_each = reading->pods != NULL && has_each_pod (reading->pods);
  g_autoptr (Exposition) metrics = metrics_describe (reading, has_each);
  g_autofree char *text = NULL;

  if (call_wants_json (call)) {
    call_show_json (call, exposition_describe (metrics));
    return TRUE;
  }
  text = exposition_format (metrics, (ExpositionFormat) output_format);
  if (output != NULL && !g_str_equal (output, "-"))
    return write_file (text, error);
  call_show (call, text);
  return TRUE;
}

static gboolean
check_output (const Call *call, GError **error)
{
  const char *wrong = NULL;

  if (output != NULL && call_wants_json (call))
    wrong = "--output and --json do not go together";
  else if (output != NULL && output[0] == '\0')
    wrong = "--output takes the name of a file";
  if (wrong != NULL)
    g_set_error_literal (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, wrong);
  return wrong == NULL;
}

static gboolean
run (Call *call, GError **error)
{
  MetricsReading reading = { NULL };
  g_autoptr (GError) wrong = NULL;
  gboolean ok;

  if (!check_output (call, error))
    return FALSE;
  read_all (call, &reading, &wrong);
  ok = show (call, &reading, error);
  clear_reading (&reading);
  if (ok && wrong != NULL) {
    g_propagate_error (error, g_steal_pointer (&wrong));
    return FALSE;
  }
  return ok;
}

const Verb verb_metrics = {
  .name = "metrics",
  .arguments = "",
  .group = VERB_GROUP_SEE,
  .help = "Print metrics for Prometheus",
  .options = entries,
  .more =
      "The daemon is not started for it. Whatever is in the way, nodecgroups_up 0 is written, and "
      "the exit\nstatus is that of the failure.\n\n"
      "Pods together have no CPU time and no kills: a sum of counters goes back when a pod goes, "
      "which\nrate() takes for a restart. Add up the rates of the pods instead.\n\n"
      "nodecgroups-metrics.timer writes them for the textfile collector of node_exporter:\n"
      "  systemctl enable --now nodecgroups-metrics.timer\n"
      "Rules for alerts and a dashboard are in share/nodecgroups/monitoring below the prefix.",
  .run = run,
};
