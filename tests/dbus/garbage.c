/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values that nobody expects.
 */
#include "tests/dbus/garbage.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ONE_OF(list) list[garbage_number (G_N_ELEMENTS (list))]

/* D-Bus allows 64 levels in all, and these come into others. */
#define MOST_VARIANTS 45

guint
garbage_number (guint end)
{
  return (guint) g_test_rand_int_range (0, (gint32) end);
}

static const char *const odd_strings[] = {
  "",
  " ",
  "a",
  "b",
  "zz",
  ".",
  "..",
  "/",
  "../..",
  "../../../../etc/shadow",
  "a/b",
  "a//b",
  "a/../b",
  "/a",
  "a/",
  "-rf",
  "--help",
  "_a",
  ".a",
  "a.creating",
  "a.pod.bad",
  "a\nb",
  "a\n",
  "\r\n.",
  "\x1b[2J\x1b]0;owned\x07",
  "\x7f",
  "\xc2\x9b",
  "%s%s%s%s%n%d",
  "$(reboot)",
  "`id`",
  "';--",
  "\"quoted\"",
  "a\\x2db",
  "a\tb",
  "é",
  "日本語",
  "\xf0\x9f\x92\xa9",
  "\xe2\x80\xae"
  "abc",
  "\xef\xbf\xbd",
  "\xef\xbb\xbf"
  "a",
  "max",
  "Max",
  "max ",
  "0",
  "-1",
  "1",
  "1e400",
  "-1e3",
  "NaN",
  "inf",
  "0x10",
  "1.1.1",
  "1 m",
  "1Zi",
  "9999999999999999999999999999",
  "18446744073709551616",
  "0-",
  "0-4294967295",
  "7-3",
  "null",
  "true",
  "root",
  "65534",
  "4294967295",
  "system.slice",
  "machine.slice",
  "init.scope",
  "cgroup.procs",
  "tasks",
  "a.scope",
  "/dev/null",
  "/dev/../etc/passwd",
  "/dev/fd/3",
  "/dev/full",
  "8:0",
  "-8:0",
  "8:0:0",
  "4294967296:0",
};

static const guint lengths[] = { 63, 64, 65, 200, 255, 256, 1024, 4096, 70000 };

char *
garbage_string (void)
{
  static const char *const pieces[] = { "a", "-", "/", "é", "\n", "%n", "../", "_" };
  const char *piece = ONE_OF (pieces);
  g_autoptr (GString) text = g_string_new (NULL);
  guint length;

  if (garbage_number (4) > 0)
    return g_strdup (ONE_OF (odd_strings));
  length = ONE_OF (lengths);
  if (length > 4096 && garbage_number (8) > 0)
    length = 255;
  while (text->len < length)
    g_string_append (text, piece);
  /* Cut anywhere, a character of many bytes may be across where somebody else cuts. */
  g_string_prepend (text, ONE_OF (odd_strings));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const char *const object_paths[] = {
  "/", "/a", "/org/example/NodeCgroups", "/org/example/NodeCgroups/pod/a", "/_/_/_",
};

static const char *const signatures[] = { "", "s", "a{sv}", "aaaaaaai", "(((((i)))))" };

static double
odd_double (void)
{
  const double odd[] = { 0, -0.0, -1, 0.5, 1e308, -1e308, INFINITY, -INFINITY, NAN };

  return ONE_OF (odd);
}

static guint64
odd_integer (void)
{
  static const guint64 odd[] = {
    0,         1,          2,          3,           7,          100,       4096,        G_MAXUINT8,
    G_MAXINT8, G_MAXINT16, G_MAXINT32, G_MAXUINT32, G_MAXINT64, G_MAXUINT, G_MAXUINT64,
  };
  guint64 number = ONE_OF (odd);

  return garbage_number (3) == 0 ? 0 - number : number;
}

static GVariant *
odd_basic (const GVariantType *type)
{
  guint64 number = odd_integer ();
  g_autofree char *text = garbage_string ();

  switch (g_variant_type_peek_string (type)[0]) {
  case 'b':
    return g_variant_new_boolean ((number & 1) != 0);
  case 'y':
    return g_variant_new_byte ((guint8) number);
  case 'n':
    return g_variant_new_int16 ((gint16) number);
  case 'q':
    return g_variant_new_uint16 ((guint16) number);
  case 'i':
    return g_variant_new_int32 ((gint32) number);
  case 'u':
    return g_variant_new_uint32 ((guint32) number);
  case 'x':
    return g_variant_new_int64 ((gint64) number);
  case 't':
    return g_variant_new_uint64 (number);
  case 'h':
    return g_variant_new_handle ((gint32) number);
  case 'd':
    return g_variant_new_double (odd_double ());
  case 'o':
    return g_variant_new_object_path (ONE_OF (object_paths));
  case 'g':
    return g_variant_new_signature (ONE_OF (signatures));
  default:
    return g_variant_new_string (text);
  }
}

static GVariant *
odd_array (const GVariantType *type, guint most)
{
  const GVariantType *element = g_variant_type_element (type);
  guint n = garbage_number (most + 1);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, type);
  for (guint i = 0; i < n; i++)
    g_variant_builder_add_value (&builder, garbage_value (element, MIN (most, 4)));
  return g_variant_builder_end (&builder);
}

static GVariant *
odd_members (const GVariantType *type, guint most)
{
  const GVariantType *member = g_variant_type_first (type);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, type);
  for (; member != NULL; member = g_variant_type_next (member))
    g_variant_builder_add_value (&builder, garbage_value (member, most));
  return g_variant_builder_end (&builder);
}

GVariant *
garbage_value (const GVariantType *type, guint most)
{
  if (g_variant_type_equal (type, G_VARIANT_TYPE_VARDICT))
    return garbage_dictionary (most);
  if (g_variant_type_is_variant (type))
    return g_variant_new_variant (garbage_any (3));
  if (g_variant_type_is_array (type))
    return odd_array (type, most);
  if (g_variant_type_is_tuple (type) || g_variant_type_is_dict_entry (type))
    return odd_members (type, most);
  return odd_basic (type);
}

/* GDBus cannot read an array of structs of which the last has 4 bytes or less (see "undecodable"),
 * so each begins with one of these. */
static const char long_types[] = "stxo";

static void
append_type (GString *type, guint depth)
{
  static const char basic[] = "ybnqiuxtdsogh";
  char first = long_types[garbage_number ((guint) strlen (long_types))];
  guint kind = depth == 0 ? 0 : garbage_number (8);
  char one = basic[garbage_number ((guint) strlen (basic))];

  switch (kind) {
  case 5:
    g_string_append_c (type, 'a');
    append_type (type, depth - 1);
    break;
  case 6:
    g_string_append_printf (type, "(%c", first);
    for (guint n = 1 + garbage_number (3); n > 0; n--)
      append_type (type, depth - 1);
    g_string_append_c (type, ')');
    break;
  case 7:
    g_string_append_printf (type, "a{%c", first);
    append_type (type, depth - 1);
    g_string_append_c (type, '}');
    break;
  case 4:
    g_string_append_c (type, 'v');
    break;
  default:
    g_string_append_c (type, one);
  }
}

GVariant *
garbage_any (guint depth)
{
  g_autoptr (GString) type = g_string_new (NULL);

  append_type (type, depth);
  /* A variant inside goes on by itself, less deep each time. */
  if (type->str[0] == 'v' || strchr (type->str, 'v') != NULL)
    return depth > 1 ? g_variant_new_variant (garbage_any (depth - 1)) : g_variant_new_int32 (-1);
  return garbage_value (G_VARIANT_TYPE (type->str), 3);
}

GVariant *
garbage_nested (void)
{
  GVariant *value = g_variant_new_string ("deep");
  guint n = 1 + garbage_number (MOST_VARIANTS);

  while (n-- > 0)
    value = g_variant_new_variant (value);
  return value;
}

static const char *const known_keys[] = {
  "QosClass",          "CPURequest",    "CPULimit",
  "CPUPeriodUSec",     "CPUWeight",     "CPUSet",
  "MemoryNodes",       "MemoryRequest", "MemoryLimit",
  "MemoryHigh",        "MemoryLow",     "MemoryMin",
  "MemorySwapLimit",   "PidsLimit",     "HugepageLimits",
  "IOWeight",          "IOLimits",      "OOMGroup",
  "Unified",           "Labels",        "Delegate",
  "SystemdProperties", "Subgroup",      "User",
  "GracePeriodUSec",   "Containers",    "Fields",
};

/* What has the type that some key wants. */
static const char *const known_types[] = {
  "t", "s", "b", "as", "a{sv}", "a{ss}", "a(sv)", "a(sa{st})",
};

static GVariant *
odd_content (void)
{
  switch (garbage_number (4)) {
  case 0:
    return garbage_any (4);
  case 1:
    return garbage_nested ();
  default:
    return garbage_value (G_VARIANT_TYPE (ONE_OF (known_types)), 4);
  }
}

static void
add_known (GVariantBuilder *builder)
{
  const char *key = ONE_OF (known_keys);

  g_variant_builder_add (builder, "{sv}", key, odd_content ());
}

/* No key has the type, and no call has the keys. */
static void
add_wrong (GVariantBuilder *builder)
{
  g_autofree char *text = garbage_string ();
  g_autofree char *unknown = g_strconcat (text, "?", NULL);

  if (garbage_number (2) == 0)
    g_variant_builder_add (builder, "{sv}", unknown, odd_content ());
  else
    g_variant_builder_add (builder, "{sv}", ONE_OF (known_keys), g_variant_new ("(dy)", 0.1, 7));
}

GVariant *
garbage_dictionary (guint most)
{
  guint n = garbage_number (MAX (most, 1));
  guint wrong = garbage_number (n + 1);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i <= n; i++)
    if (i == wrong)
      add_wrong (&builder);
    else
      add_known (&builder);
  return g_variant_builder_end (&builder);
}

GUnixFDList *
garbage_descriptors (void)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  guint n = garbage_number (5);

  for (guint i = 0; i < n; i++) {
    int pair[2] = { -1, -1 };
    int fd = -1;

    switch (garbage_number (5)) {
    case 0:
      fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
      break;
    case 1:
      fd = open ("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
      break;
    case 2:
      fd = eventfd (0, EFD_CLOEXEC);
      break;
    case 3:
      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
      fd = pair[0];
      close (pair[1]);
      break;
    default:
      fd = (int) syscall (SYS_pidfd_open, getpid (), 0);
    }
    g_assert_cmpint (fd, >=, 0);
    g_unix_fd_list_append (fds, fd, NULL);
    close (fd);
  }
  return g_steal_pointer (&fds);
}
