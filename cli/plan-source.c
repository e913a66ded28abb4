/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading the file of a plan. The loader of configurations takes regular files only, so that what
 * comes from standard input, a pipe or a device is put into one of memory.
 */
#include "cli/plan-source.h"

#include "cli/exit-status.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STANDARD_INPUT "standard input"

static gboolean
write_all (int fd, const char *text, gsize length)
{
  while (length > 0) {
    ssize_t n = write (fd, text, length);

    if (n < 0 && errno != EINTR)
      return FALSE;
    text += n > 0 ? n : 0;
    length -= n > 0 ? (gsize) n : 0;
  }
  return TRUE;
}

/* (transfer full) */
static GByteArray *
read_to_end (int fd, const char *name, GError **error)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  guint8 buffer[4096];
  ssize_t n;

  /* One byte more than is allowed, so that it shows. */
  while ((n = read (fd, buffer, sizeof buffer)) != 0 && all->len <= CONFIG_FILE_MAX) {
    if (n < 0 && errno != EINTR) {
      g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED, "%s cannot be read: %s", name,
                   g_strerror (errno));
      return NULL;
    }
    if (n > 0)
      g_byte_array_append (all, buffer, (guint) n);
  }
  return g_steal_pointer (&all);
}

/* (transfer full): what is in it */
static char *
take_stream (PlanSource *self, int fd, const char *name, gsize *ret_length, GError **error)
{
  g_autoptr (GByteArray) all = read_to_end (fd, name, error);

  if (all == NULL)
    return NULL;
  self->fd = memfd_create ("plan", MFD_CLOEXEC);
  if (self->fd < 0 || !write_all (self->fd, (const char *) all->data, all->len)) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED, "%s cannot be kept: %s", name,
                 g_strerror (errno));
    return NULL;
  }
  self->name = g_strdup (name);
  self->path = g_strdup_printf ("/proc/self/fd/%d", self->fd);
  *ret_length = all->len;
  g_byte_array_append (all, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (g_steal_pointer (&all), FALSE);
}

/* It can be read once. */
static char *
take_special (PlanSource *self, const char *name, gsize *ret_length, GError **error)
{
  int fd = open (name, O_RDONLY | O_CLOEXEC);
  char *text;

  if (fd < 0) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED, "%s cannot be read: %s", name,
                 g_strerror (errno));
    return NULL;
  }
  text = take_stream (self, fd, name, ret_length, error);
  close (fd);
  return text;
}

static gboolean
is_special (const char *name)
{
  return g_file_test (name, G_FILE_TEST_EXISTS) &&
         !g_file_test (name, G_FILE_TEST_IS_REGULAR | G_FILE_TEST_IS_DIR);
}

static char *
take_file (PlanSource *self, const char *name, gsize *ret_length, GError **error)
{
  g_autoptr (GError) reason = NULL;
  char *text = NULL;

  self->name = g_strdup (name);
  self->path = g_strdup (name);
  if (!g_file_get_contents (name, &text, ret_length, &reason))
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED, "%s", reason->message);
  return text;
}

/* Without a kind that is known it has to be a pod's spec. */
static void
find_kind (PlanSource *self)
{
  static const struct {
    const char *name;
    PlanKind kind;
  } kinds[] = {
    { "NodeCgroupsConfiguration", PLAN_CONFIGURATION },
    { "Pod", PLAN_KUBERNETES },
  };
  const ConfigNode *node = config_node_find (self->tree, "kind");

  self->kind = PLAN_POD;
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (node != NULL && g_strcmp0 (node->text, kinds[i].name) == 0)
      self->kind = kinds[i].kind;
  if (self->kind == PLAN_POD && (node != NULL || config_node_find (self->tree, "Uid") == NULL))
    config_report_add (self->report, node != NULL ? &node->place : &self->tree->place,
                       node != NULL ? "kind" : NULL, node != NULL ? node->text : NULL,
                       "it takes a NodeCgroupsConfiguration, a Pod of Kubernetes, or the keys of a "
                       "pod's spec with its Uid");
}

/* (transfer full): what is in it, whatever it is */
static char *
take (PlanSource *self, const char *name, gsize *ret_length, GError **error)
{
  if (g_str_equal (name, "-"))
    return take_stream (self, STDIN_FILENO, STANDARD_INPUT, ret_length, error);
  if (is_special (name))
    return take_special (self, name, ret_length, error);
  return take_file (self, name, ret_length, error);
}

static gboolean
parse (PlanSource *self, const char *text, gsize length, GError **error)
{
  g_autoptr (ConfigSource) source = config_source_new (self->name, text, (gssize) length, 1);
  ConfigPlace whole = { source, 0, 0 };

  self->report = config_report_new ();
  self->tree = config_yaml_parse (source, text, length, self->report);
  if (self->tree != NULL && self->tree->kind == CONFIG_NODE_MAP)
    find_kind (self);
  else if (config_report_get_length (self->report) == 0)
    config_report_add (self->report, &whole, NULL, NULL, "there are no keys in it");
  return plan_source_check (self, error);
}

PlanSource *
plan_source_read (const char *name, GError **error)
{
  g_autoptr (PlanSource) self = g_new0 (PlanSource, 1);
  g_autofree char *text = NULL;
  gsize length = 0;

  self->fd = -1;
  text = take (self, name, &length, error);
  if (text == NULL || !parse (self, text, length, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
plan_source_free (PlanSource *self)
{
  g_clear_pointer (&self->tree, config_node_free);
  g_clear_pointer (&self->report, config_report_free);
  g_free (self->path);
  g_free (self->name);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}

void
plan_source_complain (PlanSource *self, const ConfigNode *node, const char *key, GError *error)
{
  g_autoptr (GError) owned = error;

  if (owned != NULL)
    config_report_add (self->report, node->key != NULL ? &node->key_place : &node->place, key, NULL,
                       "%s", owned->message);
}

gboolean
plan_source_check (PlanSource *self, GError **error)
{
  return config_report_check (self->report, error);
}
