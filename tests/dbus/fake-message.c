/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading and writing messages.
 */
#include "tests/dbus/fake-message.h"

#include "tests/dbus/fake-file.h"

#include <string.h>

static GVariant *read_value (sd_bus_message *message);

static guint32
pid_of (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", fd);
  g_autofree char *text = fake_file_read (path);
  const char *line = text != NULL ? strstr (text, "Pid:") : NULL;

  return line != NULL ? (guint32) g_ascii_strtoull (line + strlen ("Pid:"), NULL, 10) : 0;
}

static GVariant *
read_basic (sd_bus_message *message, char type)
{
  union {
    const char *text;
    int number;
    guint8 byte;
    guint64 u64;
  } data = { NULL };

  g_assert_cmpint (sd_bus_message_read_basic (message, type, &data), >, 0);
  switch (type) {
  case 's':
    return g_variant_new_string (data.text);
  case 'o':
    return g_variant_new_object_path (data.text);
  case 'b':
    return g_variant_new_boolean (data.number);
  case 'y':
    return g_variant_new_byte (data.byte);
  case 'i':
    return g_variant_new_int32 (data.number);
  case 'u':
    return g_variant_new_uint32 ((guint32) data.number);
  case 't':
    return g_variant_new_uint64 (data.u64);
  case 'h':
    return g_variant_new_uint32 (pid_of (data.number));
  default:
    g_assert_not_reached ();
  }
}

static GVariant *
read_variant (sd_bus_message *message, const char *contents)
{
  GVariant *value;

  g_assert_cmpint (sd_bus_message_enter_container (message, 'v', contents), >, 0);
  value = read_value (message);
  g_assert_cmpint (sd_bus_message_exit_container (message), >, 0);
  return g_variant_new_variant (value);
}

static GVariant *
read_container (sd_bus_message *message, char type, const char *contents)
{
  g_autofree char *letters = g_strdup_printf (type == 'a' ? "a%s" : "(%s)", contents);
  GVariantBuilder builder;
  GVariant *value;

  g_strdelimit (letters, "h", 'u');
  g_variant_builder_init (&builder, G_VARIANT_TYPE (letters));
  g_assert_cmpint (sd_bus_message_enter_container (message, type, contents), >=, 0);
  while ((value = read_value (message)) != NULL)
    g_variant_builder_add_value (&builder, value);
  g_assert_cmpint (sd_bus_message_exit_container (message), >, 0);
  return g_variant_builder_end (&builder);
}

/* NULL at the end of a container or of the message. No dictionary comes to a systemd. */
static GVariant *
read_value (sd_bus_message *message)
{
  const char *contents;
  char type;

  if (sd_bus_message_peek_type (message, &type, &contents) <= 0)
    return NULL;
  if (type == 'v')
    return read_variant (message, contents);
  if (type == 'a' || type == 'r')
    return read_container (message, type, contents);
  return read_basic (message, type);
}

GVariant *
fake_message_read (sd_bus_message *message)
{
  GVariantBuilder builder;
  GVariant *value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  while ((value = read_value (message)) != NULL)
    g_variant_builder_add_value (&builder, value);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
append_basic (sd_bus_message *message, char type, GVariant *value)
{
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (value);
  int flag = type == 'b' && g_variant_get_boolean (value);
  const void *data = g_bytes_get_data (bytes, NULL);

  g_assert_cmpint (sd_bus_message_append_basic (message, type, type == 'b' ? &flag : data), >=, 0);
}

void
fake_message_append (sd_bus_message *message, GVariant *value)
{
  const char *type = g_variant_get_type_string (value);
  g_autofree char *contents = NULL;
  char container = type[0] == '(' ? 'r' : type[0] == '{' ? 'e' : type[0];

  if (!g_variant_is_container (value)) {
    append_basic (message, type[0], value);
    return;
  }
  if (container == 'v') {
    g_autoptr (GVariant) child = g_variant_get_variant (value);
    contents = g_strdup (g_variant_get_type_string (child));
  } else {
    contents = container == 'a' ? g_strdup (type + 1) : g_strndup (type + 1, strlen (type) - 2);
  }
  g_assert_cmpint (sd_bus_message_open_container (message, container, contents), >=, 0);
  for (gsize i = 0; i < g_variant_n_children (value); i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
    fake_message_append (message, child);
  }
  g_assert_cmpint (sd_bus_message_close_container (message), >=, 0);
}
