/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Samples are kept by family, since a format wants those of one together, and come in by pod.
 */
#include "cli/exposition.h"

#include <stdarg.h>
#include <string.h>

typedef struct {
  char *value;      /* a decimal fraction, exact */
  const char *end;  /* of the name, after that of the family */
  GVariant *labels; /* a{ss} */
} Sample;

struct Exposition {
  const ExpositionFamily *families;
  guint n_families;
  GArray **samples; /* (element-type Sample) of each */
};

static const char *const types[] = {
  [EXPOSITION_GAUGE] = "gauge",
  [EXPOSITION_COUNTER] = "counter",
  [EXPOSITION_INFO] = "info",
  [EXPOSITION_HISTOGRAM] = "histogram",
};

static void
sample_clear (gpointer data)
{
  Sample *sample = data;

  g_free (sample->value);
  g_variant_unref (sample->labels);
}

Exposition *
exposition_new (const ExpositionFamily *families, guint n_families)
{
  Exposition *self = g_new0 (Exposition, 1);

  self->families = families;
  self->n_families = n_families;
  self->samples = g_new0 (GArray *, n_families);
  for (guint i = 0; i < n_families; i++) {
    self->samples[i] = g_array_new (FALSE, FALSE, sizeof (Sample));
    g_array_set_clear_func (self->samples[i], sample_clear);
  }
  return self;
}

void
exposition_free (Exposition *self)
{
  for (guint i = 0; i < self->n_families; i++)
    g_array_unref (self->samples[i]);
  g_free (self->samples);
  g_free (self);
}

/* (transfer full): "3" or "3.25": a double would be exact only up to 2^53 nanoseconds, 104 days. */
static char *
format_fraction (guint64 number, guint64 per)
{
  GString *text = g_string_new (NULL);
  guint64 rest = number % per;

  g_string_append_printf (text, "%" G_GUINT64_FORMAT, number / per);
  if (rest > 0)
    g_string_append_c (text, '.');
  for (guint64 digit = per / 10; rest > 0; digit /= 10) {
    g_string_append_c (text, (char) ('0' + rest / digit));
    rest %= digit;
  }
  return g_string_free (text, FALSE);
}

/* @labels: (transfer floating) */
static void
add_sample (Exposition *self, guint family, const char *end, char *value, GVariant *labels)
{
  Sample sample = { value, end, g_variant_ref_sink (labels) };

  g_array_append_val (self->samples[family], sample);
}

void
exposition_add (Exposition *self, guint family, guint64 number, guint64 per, ...)
{
  GVariantBuilder labels;
  va_list arguments;
  const char *name;

  g_variant_builder_init (&labels, G_VARIANT_TYPE ("a{ss}"));
  va_start (arguments, per);
  while ((name = va_arg (arguments, const char *)) != NULL)
    g_variant_builder_add (&labels, "{ss}", name, va_arg (arguments, const char *));
  va_end (arguments);
  add_sample (self, family, "", format_fraction (number, per), g_variant_builder_end (&labels));
}

/* @le: (nullable): a bound, which both formats take as OpenMetrics writes it: "1.0" */
static GVariant *
make_labels (const char *label, const char *value, const char *le)
{
  GVariantBuilder labels;

  g_variant_builder_init (&labels, G_VARIANT_TYPE ("a{ss}"));
  g_variant_builder_add (&labels, "{ss}", label, value);
  if (le != NULL)
    g_variant_builder_add (&labels, "{ss}", "le", le);
  return g_variant_builder_end (&labels);
}

/* (transfer full) */
static char *
format_bound (guint64 bound, guint64 per)
{
  g_autofree char *text = format_fraction (bound, per);

  return strchr (text, '.') != NULL ? g_steal_pointer (&text) : g_strconcat (text, ".0", NULL);
}

void
exposition_add_histogram (Exposition *self,
                          guint family,
                          const ExpositionHistogram *histogram,
                          const char *label,
                          const char *value)
{
  guint64 n = 0;

  for (gsize i = 0; i <= histogram->n_bounds; i++) {
    g_autofree char *bound = i < histogram->n_bounds
                                 ? format_bound (histogram->bounds[i], histogram->per)
                                 : g_strdup ("+Inf");

    n += histogram->counts[i];
    add_sample (self, family, "_bucket", format_fraction (n, 1), make_labels (label, value, bound));
  }
  add_sample (self, family, "_count", format_fraction (n, 1), make_labels (label, value, NULL));
  add_sample (self, family, "_sum", format_fraction (histogram->sum, histogram->per),
              make_labels (label, value, NULL));
}

static void
append_label_value (GString *out, const char *value)
{
  for (const char *c = value; *c != '\0'; c++) {
    if (*c == '\n')
      g_string_append (out, "\\n");
    else if (*c == '\\' || *c == '"')
      g_string_append_printf (out, "\\%c", *c);
    else
      g_string_append_c (out, *c);
  }
}

static void
append_labels (GString *out, GVariant *labels)
{
  GVariantIter iter;
  const char *name, *value;
  char separator = '{';

  g_variant_iter_init (&iter, labels);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value)) {
    g_string_append_printf (out, "%c%s=\"", separator, name);
    append_label_value (out, value);
    g_string_append_c (out, '"');
    separator = ',';
  }
  if (separator == ',')
    g_string_append_c (out, '}');
}

/* How much of the name is the family's, in OpenMetrics. */
static int
measure_name (const ExpositionFamily *family)
{
  static const char *const suffixes[] = {
    [EXPOSITION_GAUGE] = "",
    [EXPOSITION_COUNTER] = "_total",
    [EXPOSITION_INFO] = "_info",
    [EXPOSITION_HISTOGRAM] = "",
  };

  return (int) (strlen (family->name) - strlen (suffixes[family->type]));
}

static void
append_head (GString *out, const ExpositionFamily *family, ExpositionFormat format)
{
  gboolean is_open = format == EXPOSITION_OPENMETRICS;
  gboolean is_unknown = !is_open && family->type == EXPOSITION_INFO;
  int length = is_open ? measure_name (family) : (int) strlen (family->name);

  g_string_append_printf (out, "# HELP %.*s %s.\n", length, family->name, family->help);
  g_string_append_printf (out, "# TYPE %.*s %s\n", length, family->name,
                          types[is_unknown ? EXPOSITION_GAUGE : family->type]);
  if (is_open && family->unit != NULL)
    g_string_append_printf (out, "# UNIT %.*s %s\n", length, family->name, family->unit);
}

char *
exposition_format (const Exposition *self, ExpositionFormat format)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < self->n_families; i++) {
    const ExpositionFamily *family = &self->families[i];

    if (self->samples[i]->len > 0)
      append_head (out, family, format);
    for (guint j = 0; j < self->samples[i]->len; j++) {
      const Sample *sample = &g_array_index (self->samples[i], Sample, j);

      g_string_append_printf (out, "%s%s", family->name, sample->end);
      append_labels (out, sample->labels);
      g_string_append_printf (out, " %s\n", sample->value);
    }
  }
  if (format == EXPOSITION_OPENMETRICS)
    g_string_append (out, "# EOF\n");
  return g_string_free (out, FALSE);
}

static GVariant *
describe_samples (const ExpositionFamily *family, const GArray *samples)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < samples->len; i++) {
    const Sample *sample = &g_array_index (samples, Sample, i);

    g_variant_builder_open (&all, G_VARIANT_TYPE_VARDICT);
    if (sample->end[0] != '\0')
      g_variant_builder_add (
          &all, "{sv}", "Name",
          g_variant_new_take_string (g_strconcat (family->name, sample->end, NULL)));
    g_variant_builder_add (&all, "{sv}", "Labels", sample->labels);
    g_variant_builder_add (&all, "{sv}", "Value",
                           g_variant_new_double (g_ascii_strtod (sample->value, NULL)));
    g_variant_builder_close (&all);
  }
  return g_variant_builder_end (&all);
}

GVariant *
exposition_describe (const Exposition *self)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->n_families; i++) {
    const ExpositionFamily *family = &self->families[i];

    if (self->samples[i]->len == 0)
      continue;
    g_variant_builder_open (&all, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&all, "{sv}", "Name", g_variant_new_string (family->name));
    g_variant_builder_add (&all, "{sv}", "Type", g_variant_new_string (types[family->type]));
    if (family->unit != NULL)
      g_variant_builder_add (&all, "{sv}", "Unit", g_variant_new_string (family->unit));
    g_variant_builder_add (&all, "{sv}", "Help", g_variant_new_string (family->help));
    g_variant_builder_add (&all, "{sv}", "Samples", describe_samples (family, self->samples[i]));
    g_variant_builder_close (&all);
  }
  return g_variant_builder_end (&all);
}
