/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures as an a{sv}, written in the form that GVariant has in memory: a tree of GVariants, one
 * for each key and number, would cost as much as the reading of all files.
 *
 * The form: https://docs.gtk.org/glib/gvariant-specification-1.0.html. All containers here are
 * aligned to 8 bytes, and so is everything in them but strings. After the elements of an array
 * follow the offsets at which they end; a dictionary's entry and a tuple have that of their string.
 */
#include "lib/stats.h"

#include <string.h>

static const char *const io_keys[NCG_STATS_N_IO_NUMBERS] = {
  [NCG_STATS_READ_BYTES] = "ReadBytes",
  [NCG_STATS_WRITE_BYTES] = "WriteBytes",
  [NCG_STATS_READ_OPERATIONS] = "ReadOperations",
  [NCG_STATS_WRITE_OPERATIONS] = "WriteOperations",
  [NCG_STATS_DISCARD_BYTES] = "DiscardBytes",
  [NCG_STATS_DISCARD_OPERATIONS] = "DiscardOperations",
};

static const char *const hugepage_keys[NCG_STATS_N_HUGEPAGE_NUMBERS] = {
  [NCG_STATS_HUGEPAGE_USAGE] = "UsageBytes",
  [NCG_STATS_HUGEPAGE_LIMIT] = "LimitBytes",
  [NCG_STATS_HUGEPAGE_FAILURES] = "Failures",
};

static const char *const pressure_keys[NCG_STATS_N_PRESSURE_NUMBERS] = {
  [NCG_STATS_SOME_AVG10] = "someAvg10",   [NCG_STATS_SOME_AVG60] = "someAvg60",
  [NCG_STATS_SOME_AVG300] = "someAvg300", [NCG_STATS_SOME_TOTAL] = "someTotalUSec",
  [NCG_STATS_FULL_AVG10] = "fullAvg10",   [NCG_STATS_FULL_AVG60] = "fullAvg60",
  [NCG_STATS_FULL_AVG300] = "fullAvg300", [NCG_STATS_FULL_TOTAL] = "fullTotalUSec",
};

/* Not GByteArray and GArray: of hundreds of small pieces the calls alone would take longer. */
typedef struct {
  guint8 *bytes;
  gsize length;
  gsize size;
  gsize *ends; /* where elements of the open containers end */
  guint n_ends;
  guint ends_size;
} Writer;

/* A container that is being written. */
typedef struct {
  gsize start;
  guint first_end;
} Frame;

/* Returns: where the next @length bytes go */
static guint8 *
extend (Writer *writer, gsize length)
{
  if (writer->length + length > writer->size) {
    writer->size = 2 * writer->size + length;
    writer->bytes = g_realloc (writer->bytes, writer->size);
  }
  writer->length += length;
  return writer->bytes + writer->length - length;
}

static void
align (Writer *writer)
{
  gsize over = writer->length % 8;

  if (over != 0)
    memset (extend (writer, 8 - over), 0, 8 - over);
}

static Frame
begin (Writer *writer)
{
  align (writer);
  return (Frame){ .start = writer->length, .first_end = writer->n_ends };
}

static void
end_element (Writer *writer)
{
  if (writer->n_ends == writer->ends_size) {
    writer->ends_size *= 2;
    writer->ends = g_renew (gsize, writer->ends, writer->ends_size);
  }
  writer->ends[writer->n_ends++] = writer->length;
}

/* An offset has as many bytes as are needed for the size of the whole container. */
static gsize
offset_size (gsize body, gsize n_offsets)
{
  if (body + n_offsets <= G_MAXUINT8)
    return 1;
  return body + 2 * n_offsets <= G_MAXUINT16 ? 2 : 4;
}

static void
end (Writer *writer, Frame frame)
{
  guint n_offsets = writer->n_ends - frame.first_end;
  gsize size = offset_size (writer->length - frame.start, n_offsets);
  guint8 *offsets = extend (writer, size * n_offsets);

  for (guint i = 0; i < n_offsets; i++) {
    guint64 little = GUINT64_TO_LE (writer->ends[frame.first_end + i] - frame.start);
    memcpy (offsets + i * size, &little, size);
  }
  writer->n_ends = frame.first_end;
}

static void
write_string (Writer *writer, const char *text)
{
  gsize size = strlen (text) + 1;

  memcpy (extend (writer, size), text, size);
}

/* {s…} or (s…), up to its second member, which is the last and needs no offset. */
static Frame
begin_entry (Writer *writer, const char *key)
{
  Frame frame = begin (writer);

  write_string (writer, key);
  end_element (writer);
  align (writer);
  return frame;
}

/* The entry is an element of an array. */
static void
end_entry (Writer *writer, Frame frame)
{
  end (writer, frame);
  end_element (writer);
}

/* {st} or {sd} */
static void
write_entry (Writer *writer, const char *key, const void *number)
{
  Frame entry = begin_entry (writer, key);

  memcpy (extend (writer, 8), number, 8);
  end_entry (writer, entry);
}

static void
write_events (Writer *writer, const NcgStats *self)
{
  Frame array = begin (writer);

  for (guint i = 0; i < self->events->len; i++) {
    const NcgStatsEvent *event = &g_array_index (self->events, NcgStatsEvent, i);
    write_entry (writer, event->name, &event->count);
  }
  end (writer, array);
}

/* Those of the 8 bytes long @numbers that have their bit in @has. */
static void
write_numbers (
    Writer *writer, guint has, const char *const *keys, const void *numbers, guint n_numbers)
{
  Frame array = begin (writer);

  for (guint i = 0; i < n_numbers; i++)
    if (has & (1U << i))
      write_entry (writer, keys[i], (const guint8 *) numbers + 8 * (gsize) i);
  end (writer, array);
}

static void
write_devices (Writer *writer, const NcgStats *self)
{
  Frame array = begin (writer);

  for (guint i = 0; i < self->devices->len; i++) {
    const NcgStatsDevice *device = &g_array_index (self->devices, NcgStatsDevice, i);
    Frame tuple = begin_entry (writer, device->device);

    write_numbers (writer, device->has, io_keys, device->numbers, NCG_STATS_N_IO_NUMBERS);
    end_entry (writer, tuple);
  }
  end (writer, array);
}

static void
write_hugepages (Writer *writer, const NcgStats *self)
{
  Frame array = begin (writer);

  for (guint i = 0; i < self->hugepages->len; i++) {
    const NcgStatsHugepages *hugepages = &g_array_index (self->hugepages, NcgStatsHugepages, i);
    Frame entry = begin_entry (writer, hugepages->size);

    write_numbers (writer, hugepages->has, hugepage_keys, hugepages->numbers,
                   NCG_STATS_N_HUGEPAGE_NUMBERS);
    end_entry (writer, entry);
  }
  end (writer, array);
}

/* Returns: the type of what was written */
static const char *
write_field (Writer *writer, const NcgStats *self, NcgStatsField field)
{
  const NcgStatsPressure *pressure;

  switch (field) {
  case NCG_STATS_MEMORY_EVENTS:
    write_events (writer, self);
    return "a{st}";
  case NCG_STATS_IO:
    write_devices (writer, self);
    return "a(sa{st})";
  case NCG_STATS_HUGEPAGES:
    write_hugepages (writer, self);
    return "a{sa{st}}";
  case NCG_STATS_CPU_PRESSURE:
  case NCG_STATS_MEMORY_PRESSURE:
  case NCG_STATS_IO_PRESSURE:
    pressure = &self->pressures[field - NCG_STATS_CPU_PRESSURE];
    write_numbers (writer, pressure->has, pressure_keys, pressure->numbers,
                   NCG_STATS_N_PRESSURE_NUMBERS);
    return "a{sd}";
  default:
    memcpy (extend (writer, 8), &self->numbers[field], 8);
    return "t";
  }
}

/* The type of a variant stands behind its value and a zero, and is not terminated. */
static void
end_variant (Writer *writer, Frame entry, const char *type)
{
  gsize length = strlen (type);

  *extend (writer, 1) = 0;
  memcpy (extend (writer, length), type, length);
  end_entry (writer, entry);
}

static void
write_fields (Writer *writer, const NcgStats *self)
{
  for (guint field = 0; field < NCG_STATS_N_FIELDS; field++) {
    Frame entry;

    if ((self->has & NCG_STATS_BIT (field)) == 0)
      continue;
    entry = begin_entry (writer, ncg_stats_field_to_string ((NcgStatsField) field));
    end_variant (writer, entry, write_field (writer, self, (NcgStatsField) field));
  }
}

/* The form of a value is the same wherever it is aligned as it must be, which 8 bytes always are.
 */
static void
write_value (Writer *writer, const char *key, GVariant *value)
{
  Frame entry = begin_entry (writer, key);
  gsize size = g_variant_get_size (value);

  if (size > 0)
    g_variant_store (value, extend (writer, size));
  end_variant (writer, entry, g_variant_get_type_string (value));
}

GVariant *
ncg_stats_to_variant_with (const NcgStats *self, const char *key, GVariant *value)
{
  Writer writer = { .size = 2048, .ends_size = 64 };
  Frame array;

  if (value != NULL)
    writer.size += g_variant_get_size (value);
  writer.bytes = g_malloc (writer.size);
  writer.ends = g_new (gsize, writer.ends_size);
  array = begin (&writer);
  write_fields (&writer, self);
  if (value != NULL)
    write_value (&writer, key, value);
  end (&writer, array);
  g_free (writer.ends);
  return g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE_VARDICT, writer.bytes,
                                                      writer.length, TRUE, g_free, writer.bytes));
}

GVariant *
ncg_stats_to_variant (const NcgStats *self)
{
  return ncg_stats_to_variant_with (self, NULL, NULL);
}
