/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values between GVariant and sd-bus. The two speak of the same types in the same letters, so each
 * direction is one table for the basic types and one recursion for the containers.
 */
#include "lib/bus-value.h"

#include <errno.h>

static int
append_basic (sd_bus_message *message, GVariant *value, const int *fds, gsize n_fds)
{
  char type = (char) g_variant_classify (value);
  union {
    guint8 byte;
    int boolean;
    guint16 u16;
    guint32 u32;
    guint64 u64;
    double real;
  } number;

  switch (type) {
  case 's':
  case 'o':
  case 'g':
    return sd_bus_message_append_basic (message, type, g_variant_get_string (value, NULL));
  case 'b':
    number.boolean = g_variant_get_boolean (value);
    break;
  case 'y':
    number.byte = g_variant_get_byte (value);
    break;
  case 'n':
  case 'q':
    number.u16 = type == 'n' ? (guint16) g_variant_get_int16 (value) : g_variant_get_uint16 (value);
    break;
  case 'i':
  case 'u':
    number.u32 = type == 'i' ? (guint32) g_variant_get_int32 (value) : g_variant_get_uint32 (value);
    break;
  case 'x':
  case 't':
    number.u64 = type == 'x' ? (guint64) g_variant_get_int64 (value) : g_variant_get_uint64 (value);
    break;
  case 'd':
    number.real = g_variant_get_double (value);
    break;
  case 'h':
    if ((gsize) g_variant_get_handle (value) >= n_fds)
      return -EBADF;
    number.u32 = (guint32) fds[g_variant_get_handle (value)];
    break;
  default:
    return -EOPNOTSUPP;
  }
  return sd_bus_message_append_basic (message, type, &number);
}

static int
append_children (sd_bus_message *message, GVariant *value, const int *fds, gsize n_fds)
{
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, value);
  while ((child = g_variant_iter_next_value (&iter)) != NULL) {
    int r = ncg_bus_value_append (message, child, fds, n_fds);
    g_variant_unref (child);
    if (r < 0)
      return r;
  }
  return 0;
}

/* The contents of a container as sd-bus names them: the signature without the outer letters. */
static char *
container_contents (const char *type)
{
  gsize length = strlen (type);

  if (type[0] == 'a')
    return g_strdup (type + 1);
  return g_strndup (type + 1, length - 2);
}

int
ncg_bus_value_append (sd_bus_message *message, GVariant *value, const int *fds, gsize n_fds)
{
  char type = (char) g_variant_classify (value);
  g_autofree char *contents = NULL;
  int r;

  if (g_variant_type_is_basic (g_variant_get_type (value)))
    return append_basic (message, value, fds, n_fds);

  if (type == 'v') {
    g_autoptr (GVariant) inner = g_variant_get_variant (value);
    contents = g_strdup (g_variant_get_type_string (inner));
    r = sd_bus_message_open_container (message, 'v', contents);
    if (r >= 0)
      r = ncg_bus_value_append (message, inner, fds, n_fds);
  } else {
    const char *letters = g_variant_get_type_string (value);
    contents = container_contents (letters);
    r = sd_bus_message_open_container (message,
                                       type == '('   ? 'r'
                                       : type == '{' ? 'e'
                                                     : 'a',
                                       contents);
    if (r >= 0)
      r = append_children (message, value, fds, n_fds);
  }
  return r < 0 ? r : sd_bus_message_close_container (message);
}

static GVariant *
new_basic (char type, const void *data)
{
  switch (type) {
  case 's':
    return g_variant_new_string (*(const char *const *) data);
  case 'o':
    return g_variant_new_object_path (*(const char *const *) data);
  case 'g':
    return g_variant_new_signature (*(const char *const *) data);
  case 'b':
    return g_variant_new_boolean (*(const int *) data);
  case 'y':
    return g_variant_new_byte (*(const guint8 *) data);
  case 'n':
    return g_variant_new_int16 (*(const gint16 *) data);
  case 'q':
    return g_variant_new_uint16 (*(const guint16 *) data);
  case 'i':
    return g_variant_new_int32 (*(const gint32 *) data);
  case 'u':
    return g_variant_new_uint32 (*(const guint32 *) data);
  case 'x':
    return g_variant_new_int64 (*(const gint64 *) data);
  case 't':
    return g_variant_new_uint64 (*(const guint64 *) data);
  case 'd':
    return g_variant_new_double (*(const double *) data);
  default:
    return NULL;
  }
}

static int read_into (sd_bus_message *message, GVariantBuilder *builder);

static int
read_container (sd_bus_message *message, char type, const char *contents, GVariant **ret_value)
{
  g_autofree char *letters = type == 'r'   ? g_strdup_printf ("(%s)", contents)
                             : type == 'e' ? g_strdup_printf ("{%s}", contents)
                             : type == 'a' ? g_strdup_printf ("a%s", contents)
                                           : g_strdup ("v");
  g_auto (GVariantBuilder) builder;
  int r;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (letters));
  r = sd_bus_message_enter_container (message, type, contents);
  while (r > 0)
    r = read_into (message, &builder);
  if (r < 0)
    return r;
  r = sd_bus_message_exit_container (message);
  if (r < 0)
    return r;
  *ret_value = g_variant_builder_end (&builder);
  return 0;
}

/* Returns 1 if a value was added, 0 at the end of the container, or a negative errno. */
static int
read_into (sd_bus_message *message, GVariantBuilder *builder)
{
  GVariant *value = NULL;
  const char *contents;
  char type;
  int r = sd_bus_message_peek_type (message, &type, &contents);

  if (r <= 0)
    return r;
  if (strchr ("rea", type) != NULL || type == 'v') {
    r = read_container (message, type, contents, &value);
    if (r < 0)
      return r;
  } else {
    union {
      const char *text;
      guint64 number;
    } data = { .number = 0 };
    r = sd_bus_message_read_basic (message, type, &data);
    if (r < 0)
      return r;
    value = new_basic (type, &data);
    if (value == NULL)
      return -EOPNOTSUPP;
  }
  g_variant_builder_add_value (builder, value);
  return 1;
}

int
ncg_bus_value_read_all (sd_bus_message *message, GVariant **ret_value)
{
  g_auto (GVariantBuilder) builder;
  int r;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  do
    r = read_into (message, &builder);
  while (r > 0);
  if (r < 0)
    return r;
  *ret_value = g_variant_ref_sink (g_variant_builder_end (&builder));
  return 0;
}
