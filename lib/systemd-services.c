/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watched units.
 */
#include "lib/systemd-services.h"

#include "lib/error.h"
#include "lib/systemd-path.h"

#define DEADLINE_USEC (15 * G_USEC_PER_SEC)

typedef struct {
  guint n_refs;
  NcgSystemdServices *owner; /* (nullable): NULL once nobody wants to know any more */
  char *unit;
  char *path;  /* the object of that name */
  char *alias; /* (nullable): the object that the unit has, where that is another name's */
  gboolean is_asking;
  gboolean ask_again;
  gboolean is_told; /* what follows was told */
  gboolean is_active;
  pid_t main_pid;
  char *cgroup;
  char *slice;
} Watched;

struct NcgSystemdServices {
  NcgSystemd *systemd;
  NcgSystemdServicesChanged changed;
  gpointer user_data;
  GPtrArray *list;     /* (element-type Watched) */
  GHashTable *objects; /* object paths of all in list: a unit and its alias have the same one */
};

static void ask (Watched *watched);

static Watched *
watched_new (NcgSystemdServices *owner, const char *unit)
{
  Watched *self = g_new0 (Watched, 1);

  self->n_refs = 1;
  self->owner = owner;
  self->unit = g_strdup (unit);
  self->path = ncg_systemd_unit_path (unit);
  self->cgroup = g_strdup ("");
  self->slice = g_strdup ("");
  return self;
}

static void
watched_unref (Watched *self)
{
  if (--self->n_refs > 0)
    return;
  g_free (self->unit);
  g_free (self->path);
  g_free (self->alias);
  g_free (self->cgroup);
  g_free (self->slice);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Watched, watched_unref)

/* An answer may still be on its way to it. */
static void
watched_drop (gpointer data)
{
  Watched *self = data;

  self->owner = NULL;
  watched_unref (self);
}

static void
tell (Watched *self, gboolean is_active, pid_t main_pid, const char *cgroup, const char *slice)
{
  NcgService service = { self->unit, is_active, main_pid, cgroup, slice };

  if (self->is_told && self->is_active == is_active && self->main_pid == main_pid &&
      g_str_equal (self->cgroup, cgroup) && g_str_equal (self->slice, slice))
    return;
  self->is_told = TRUE;
  self->is_active = is_active;
  self->main_pid = main_pid;
  g_free (self->cgroup);
  self->cgroup = g_strdup (cgroup);
  g_free (self->slice);
  self->slice = g_strdup (slice);
  self->owner->changed (&service, self->owner->user_data);
}

static void
tell_properties (Watched *self, GVariant *properties)
{
  const char *state = "", *cgroup = "", *slice = "";
  guint32 main_pid = 0;
  gboolean is_active;

  g_variant_lookup (properties, "ActiveState", "&s", &state);
  g_variant_lookup (properties, "ControlGroup", "&s", &cgroup);
  g_variant_lookup (properties, "Slice", "&s", &slice);
  g_variant_lookup (properties, "MainPID", "u", &main_pid);
  is_active = !g_str_equal (state, "inactive") && !g_str_equal (state, "failed");
  tell (self, is_active, (pid_t) main_pid, cgroup, slice);
}

/* After an answer. A connection that broke is asked again when there is another one, and systemd
 * that has not answered for so long may do so the next time. */
static void
on_answered (Watched *self, const GError *error)
{
  gboolean again = self->ask_again || g_error_matches (error, NCG_ERROR, NCG_ERROR_TIMEOUT);

  self->is_asking = FALSE;
  if (self->owner != NULL && g_error_matches (error, NCG_ERROR, NCG_ERROR_NO_SUCH_UNIT))
    tell (self, FALSE, 0, "", "");
  /* Whoever was told may have asked for other units. */
  if (self->owner != NULL && again)
    ask (self);
}

static void
on_properties (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Watched) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  g_autoptr (GVariant) properties = NULL;

  if (reply != NULL && self->owner != NULL) {
    properties = g_variant_get_child_value (reply, 0);
    tell_properties (self, properties);
  }
  on_answered (self, error);
}

static void
collect_objects (NcgSystemdServices *self)
{
  g_hash_table_remove_all (self->objects);
  for (guint i = 0; i < self->list->len; i++) {
    Watched *watched = g_ptr_array_index (self->list, i);

    g_hash_table_add (self->objects, watched->path);
    if (watched->alias != NULL)
      g_hash_table_add (self->objects, watched->alias);
  }
}

/* An alias has the object of the unit that it stands for, and that is what signals name. */
static void
take_path (Watched *self, const char *path)
{
  const char *known = self->alias != NULL ? self->alias : self->path;

  if (g_str_equal (known, path))
    return;
  g_clear_pointer (&self->alias, g_free);
  if (!g_str_equal (self->path, path))
    self->alias = g_strdup (path);
  collect_objects (self->owner);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Watched) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  const char *path;

  if (reply == NULL || self->owner == NULL) {
    on_answered (self, error);
    return;
  }
  g_variant_get (reply, "(&o)", &path);
  take_path (self, path);
  self->n_refs++;
  /* Of all interfaces at once, as systemctl asks. */
  ncg_systemd_call_async (self->owner->systemd, path, "org.freedesktop.DBus.Properties", "GetAll",
                          g_variant_new ("(s)", ""), NULL, NCG_SYSTEMD_CALL_NONE,
                          g_get_monotonic_time () + DEADLINE_USEC, on_properties, self);
}

/* GetUnit fails for a unit that is not loaded, and leaves it so. */
static void
ask (Watched *self)
{
  self->ask_again = self->is_asking;
  if (self->is_asking)
    return;
  self->is_asking = TRUE;
  self->n_refs++;
  ncg_systemd_call_async (self->owner->systemd, NULL, NULL, "GetUnit",
                          g_variant_new ("(s)", self->unit), NULL, NCG_SYSTEMD_CALL_NONE,
                          g_get_monotonic_time () + DEADLINE_USEC, on_loaded, self);
}

void
ncg_systemd_services_touch (NcgSystemdServices *self, const char *path)
{
  if (!g_hash_table_contains (self->objects, path))
    return;
  for (guint i = 0; i < self->list->len; i++) {
    Watched *watched = g_ptr_array_index (self->list, i);

    if (g_str_equal (watched->path, path) || g_strcmp0 (watched->alias, path) == 0)
      ask (watched);
  }
}

void
ncg_systemd_services_ask_all (NcgSystemdServices *self)
{
  for (guint i = 0; i < self->list->len; i++) {
    Watched *watched = g_ptr_array_index (self->list, i);

    watched->is_told = FALSE;
    ask (watched);
  }
}

void
ncg_systemd_services_watch (NcgSystemdServices *self, const char *const *units)
{
  g_ptr_array_set_size (self->list, 0);
  for (; *units != NULL; units++)
    g_ptr_array_add (self->list, watched_new (self, *units));
  collect_objects (self);
  ncg_systemd_services_ask_all (self);
}

NcgSystemdServices *
ncg_systemd_services_new (NcgSystemd *systemd,
                          NcgSystemdServicesChanged changed,
                          gpointer user_data)
{
  NcgSystemdServices *self = g_new0 (NcgSystemdServices, 1);

  self->systemd = systemd;
  self->changed = changed;
  self->user_data = user_data;
  self->list = g_ptr_array_new_with_free_func (watched_drop);
  self->objects = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
ncg_systemd_services_free (NcgSystemdServices *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->objects);
  g_ptr_array_unref (self->list);
  g_free (self);
}
