/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing settings. What is to be written is put into order first; how it was is read right before
 * each write, so that a step on the way (no quota while the period changes) is undone like any
 * other.
 */
#include "lib/apply.h"

#include "lib/cgroup.h"
#include "lib/cpuset-follow.h"
#include "lib/error.h"
#include "lib/memory-amount.h"
#include "lib/verify.h"

#include <string.h>

#define PERIOD_FILE "cpu.cfs_period_us"
#define QUOTA_FILE "cpu.cfs_quota_us"

static const NcgFileSetting *
find_missing (const GPtrArray *settings)
{
  for (guint i = 0; i < settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i);

    if (setting->actual == NULL && !setting->ok)
      return setting;
  }
  return NULL;
}

static gboolean
has_any (const GPtrArray *settings)
{
  for (guint i = 0; i < settings->len; i++)
    if (((const NcgFileSetting *) g_ptr_array_index (settings, i))->actual != NULL)
      return TRUE;
  return FALSE;
}

/* Whether the cgroup is in the hierarchy of one of the settings; with none of them, too. */
static gboolean
check_there (const char *path, const GPtrArray *settings, GError **error)
{
  g_autoptr (GError) local = NULL;

  for (guint i = 0; i < settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i);
    g_autoptr (NcgCgroup) cgroup = NULL;

    if (setting->tree == NULL)
      continue;
    g_clear_error (&local);
    cgroup = ncg_cgroup_open (setting->tree->mount, path, &local);
    if (cgroup != NULL)
      return TRUE;
  }
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
ncg_apply_check (const char *path, const GPtrArray *settings, GError **error)
{
  const NcgFileSetting *missing;

  ncg_verify_read_settings (path, settings);
  missing = find_missing (settings);
  if (missing == NULL)
    return has_any (settings) || check_there (path, settings, error);
  if (missing->tree != NULL) {
    g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (missing->tree->mount, path, error);

    if (cgroup == NULL) {
      g_prefix_error (error, "%s cannot be set: ", missing->file);
      return FALSE;
    }
  }
  ncg_verify_set_missing (path, missing, error);
  return FALSE;
}

/* Files of which the kernel keeps one at or below the other. */
static const struct {
  const char *inner;
  const char *outer;
} couples[] = {
  { "memory.limit_in_bytes", "memory.memsw.limit_in_bytes" },
  { "cpu.cfs_burst_us", QUOTA_FILE },
  { "cpu.max.burst", "cpu.max" },
};

static int
find_file (const GPtrArray *settings, const char *file)
{
  for (guint i = 0; i < settings->len; i++)
    if (g_str_equal (((const NcgFileSetting *) g_ptr_array_index (settings, i))->file, file))
      return (int) i;
  return -1;
}

/* "50000" of "50000 100000" */
static guint64
first_number (const char *text)
{
  g_autofree char *word = g_strndup (text, strcspn (text, " "));
  guint64 number;

  if (ncg_memory_amount_is_unlimited (word) || !ncg_memory_amount_parse (word, &number))
    return G_MAXUINT64;
  return number;
}

static void
move (GPtrArray *settings, int from, int to)
{
  g_ptr_array_insert (settings, to, g_ptr_array_steal_index (settings, (guint) from));
}

static void
order_couple (GPtrArray *settings, const char *inner_file, const char *outer_file)
{
  int inner = find_file (settings, inner_file);
  int outer = find_file (settings, outer_file);
  const NcgFileSetting *setting;

  if (inner < 0 || outer < 0)
    return;
  setting = g_ptr_array_index (settings, (guint) outer);
  if (first_number (setting->value) > first_number (setting->actual)) {
    if (inner < outer)
      move (settings, outer, inner);
  } else if (outer < inner) {
    move (settings, inner, outer);
  }
}

/* On v1 period and quota are two files, and on the way from one pair to the other there is a third.
 * With what tightens first it is never more than both. */
static void
order_bandwidth (GPtrArray *settings)
{
  int period = find_file (settings, PERIOD_FILE);
  int quota = find_file (settings, QUOTA_FILE);
  const NcgFileSetting *setting;

  if (period < 0 || quota < period)
    return;
  setting = g_ptr_array_index (settings, (guint) period);
  if (first_number (setting->value) < first_number (setting->actual))
    move (settings, quota, period);
}

/* (transfer container): those that differ, in their order */
static GPtrArray *
list_different (const GPtrArray *settings)
{
  GPtrArray *different = g_ptr_array_new ();

  for (guint i = 0; i < settings->len; i++) {
    NcgFileSetting *setting = g_ptr_array_index (settings, i);

    if (setting->actual != NULL && !setting->ok)
      g_ptr_array_add (different, setting);
  }
  order_bandwidth (different);
  for (gsize i = 0; i < G_N_ELEMENTS (couples); i++)
    order_couple (different, couples[i].inner, couples[i].outer);
  return different;
}

/* One write, and how to undo it. */
typedef struct {
  const NcgTree *tree;
  char *file;
  char *before;         /* (nullable): the text that sets it back */
  char *fallback;       /* (nullable): the text if the kernel does not take that any more */
  gboolean is_followed; /* see cpuset-follow.h */
} Step;

static void
step_free (gpointer data)
{
  Step *self = data;

  g_free (self->file);
  g_free (self->before);
  g_free (self->fallback);
  g_free (self);
}

typedef struct {
  const char *path;
  const GPtrArray *different; /* (element-type NcgFileSetting) */
  GPtrArray *done;            /* (element-type Step) */
  const NcgTree *tree;
  NcgCgroup *cgroup; /* in @tree */
} Writer;

static void
writer_clear (Writer *self)
{
  g_clear_pointer (&self->cgroup, ncg_cgroup_close);
  g_clear_pointer (&self->done, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Writer, writer_clear)

static gboolean
enter (Writer *self, const NcgTree *tree, GError **error)
{
  if (tree == self->tree && self->cgroup != NULL)
    return TRUE;
  g_clear_pointer (&self->cgroup, ncg_cgroup_close);
  self->tree = tree;
  self->cgroup = ncg_cgroup_open (tree->mount, self->path, error);
  return self->cgroup != NULL;
}

/* Nothing cannot be written, and an empty line empties. */
static char *
with_key (const NcgFileSetting *setting, const char *value)
{
  if (setting->key != NULL)
    return g_strconcat (setting->key, " ", value, NULL);
  return g_strdup (value[0] != '\0' ? value : "\n");
}

/* (transfer full) (nullable): what is written to have what @setting reads now */
static char *
get_before (const NcgFileSetting *setting)
{
  gboolean is_throttle = g_str_has_prefix (setting->file, "blkio.throttle.");

  if (setting->key != NULL && setting->actual[0] == '\0')
    return NULL;
  return with_key (setting,
                   is_throttle && g_str_equal (setting->actual, "max") ? "0" : setting->actual);
}

/* cpuset.cpus cannot be emptied again while there are processes: what it stood for, then. */
static char *
get_fallback (const NcgCgroup *cgroup, const NcgFileSetting *setting)
{
  g_autofree char *file = g_strconcat (setting->file, ".effective", NULL);

  if (setting->form != NCG_FILE_SET || setting->actual[0] != '\0')
    return NULL;
  return ncg_cgroup_read (cgroup, file, NULL);
}

static gboolean
write_step (
    Writer *self, const char *file, const char *text, char *before, char *fallback, GError **error)
{
  Step *step = g_new0 (Step, 1);

  step->tree = self->tree;
  step->file = g_strdup (file);
  step->before = before;
  step->fallback = fallback;
  if (!ncg_cgroup_write (self->cgroup, file, text, error)) {
    step_free (step);
    return FALSE;
  }
  g_ptr_array_add (self->done, step);
  return TRUE;
}

static gboolean
leave_idle (Writer *self, const NcgFileSetting *setting, GError **error)
{
  static const char *const weights[] = { "cpu.weight", "cpu.shares", NULL };
  g_autofree char *idle = NULL;

  if (!g_strv_contains (weights, setting->file))
    return TRUE;
  idle = ncg_cgroup_read (self->cgroup, "cpu.idle", NULL);
  return g_strcmp0 (idle, "1") != 0 ||
         write_step (self, "cpu.idle", "0", g_strdup ("1"), NULL, error);
}

static gboolean
read_again (Writer *self, NcgFileSetting *setting, GError **error)
{
  g_autofree char *text = ncg_cgroup_read (self->cgroup, setting->file, error);

  if (text != NULL)
    ncg_file_setting_compare (setting, text);
  return text != NULL;
}

static gboolean
is_followed (const NcgFileSetting *setting)
{
  return setting->form == NCG_FILE_SET && setting->tree->is_v1 && setting->actual[0] != '\0' &&
         setting->value[0] != '\0';
}

/* What is below the cgroup comes along. */
static gboolean
write_followed (Writer *self, const NcgFileSetting *setting, GError **error)
{
  Step *step;

  if (!ncg_cpuset_follow_write (self->cgroup, setting->file, setting->value, error))
    return FALSE;
  step = g_new0 (Step, 1);
  step->tree = self->tree;
  step->file = g_strdup (setting->file);
  step->before = get_before (setting);
  step->is_followed = TRUE;
  g_ptr_array_add (self->done, step);
  return TRUE;
}

static gboolean
write_value (Writer *self, NcgFileSetting *setting, GError **error)
{
  g_autofree char *text = with_key (setting, setting->value);
  g_autoptr (GError) local = NULL;

  if (is_followed (setting))
    return write_followed (self, setting, error);
  if (write_step (self, setting->file, text, get_before (setting),
                  get_fallback (self->cgroup, setting), &local))
    return TRUE;
  /* The file has been read: what is not there is the device. */
  if (setting->key != NULL && g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND))
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "there is no device %s: %s",
                 setting->key, local->message);
  else
    g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
write_if_different (Writer *self, NcgFileSetting *setting, GError **error)
{
  return read_again (self, setting, error) && (setting->ok || write_value (self, setting, error));
}

/* Neither period nor quota can go first if a cgroup below has as much: without a quota the period
 * may be anything, and only what the parent has holds for the moment. */
static gboolean
write_bandwidth (Writer *self, NcgFileSetting *setting, GError **error)
{
  int period = find_file (self->different, PERIOD_FILE);
  g_autofree char *quota = ncg_cgroup_read (self->cgroup, QUOTA_FILE, error);

  return quota != NULL &&
         write_step (self, QUOTA_FILE, "-1", g_steal_pointer (&quota), NULL, error) &&
         write_if_different (self, g_ptr_array_index (self->different, (guint) period), error) &&
         write_if_different (self, setting, error);
}

static gboolean
is_bandwidth (const Writer *self, const NcgFileSetting *setting)
{
  static const char *const files[] = { PERIOD_FILE, QUOTA_FILE, NULL };

  return g_strv_contains (files, setting->file) && find_file (self->different, PERIOD_FILE) >= 0 &&
         find_file (self->different, QUOTA_FILE) >= 0;
}

static gboolean
write_in_order (Writer *self, NcgFileSetting *setting, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (write_value (self, setting, &local))
    return TRUE;
  if (is_bandwidth (self, setting) &&
      g_error_matches (local, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT))
    return write_bandwidth (self, setting, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
write_setting (Writer *self, NcgFileSetting *setting, GError **error)
{
  g_autofree char *name = NULL;

  if (!enter (self, setting->tree, error) || !leave_idle (self, setting, error) ||
      !read_again (self, setting, error))
    return FALSE;
  if (setting->ok)
    return TRUE;
  if (!write_in_order (self, setting, error) || !read_again (self, setting, error))
    return FALSE;
  if (setting->ok)
    return TRUE;
  name = ncg_file_setting_get_name (setting);
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
               "the kernel took '%s' for %s of the cgroup %s, but has '%s' instead", setting->value,
               name, self->path, setting->actual);
  return FALSE;
}

/* As far as it can be: there is nobody to tell of a second failure. */
static void
undo (Writer *self)
{
  for (guint i = self->done->len; i > 0; i--) {
    const Step *step = g_ptr_array_index (self->done, i - 1);

    if (step->before == NULL || !enter (self, step->tree, NULL) ||
        (step->is_followed ? ncg_cpuset_follow_write : ncg_cgroup_write) (self->cgroup, step->file,
                                                                          step->before, NULL))
      continue;
    if (step->fallback != NULL)
      ncg_cgroup_write (self->cgroup, step->file, step->fallback, NULL);
  }
}

gboolean
ncg_apply_write (const char *path, GPtrArray *settings, GError **error)
{
  g_autoptr (GPtrArray) different = NULL;
  g_auto (Writer) writer = { .path = path };

  if (!ncg_apply_check (path, settings, error))
    return FALSE;
  different = list_different (settings);
  writer.different = different;
  writer.done = g_ptr_array_new_with_free_func (step_free);
  for (guint i = 0; i < different->len; i++) {
    if (!write_setting (&writer, g_ptr_array_index (different, i), error)) {
      undo (&writer);
      return FALSE;
    }
  }
  return TRUE;
}
