/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services.
 */
#include "daemon/services.h"

#include "daemon/policy/runtime.h"

struct Services {
  GHashTable *table; /* unit → NcgService */
};

static void
service_free (gpointer data)
{
  NcgService *service = data;

  g_free ((char *) service->unit);
  g_free ((char *) service->cgroup);
  g_free ((char *) service->slice);
  g_free (service);
}

Services *
services_new (void)
{
  Services *self = g_new0 (Services, 1);

  self->table = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, service_free);
  return self;
}

void
services_free (Services *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->table);
  g_free (self);
}

void
services_take (Services *self, const NcgService *service)
{
  NcgService *copy = g_new0 (NcgService, 1);

  copy->unit = g_strdup (service->unit);
  copy->is_active = service->is_active;
  copy->main_pid = service->main_pid;
  copy->cgroup = g_strdup (service->cgroup);
  copy->slice = g_strdup (service->slice);
  g_hash_table_replace (self->table, (char *) copy->unit, copy);
}

const NcgService *
services_find (const Services *self, const char *unit)
{
  return g_hash_table_lookup (self->table, unit);
}

const NcgService *
services_find_active (const Services *self, const char *unit)
{
  const NcgService *service = services_find (self, unit);

  return service != NULL && service->is_active ? service : NULL;
}

static gboolean
is_active (const char *unit, gpointer user_data)
{
  return services_find_active (user_data, unit) != NULL;
}

const char *
services_find_runtime (const Services *self, const char *configured, const char **ret_cgroup)
{
  const char *runtime = runtime_choose (configured, is_active, (gpointer) self);
  const char *unit = runtime != NULL ? runtime_get_unit (runtime) : NULL;
  const NcgService *service = unit != NULL ? services_find_active (self, unit) : NULL;

  *ret_cgroup = service != NULL && service->cgroup[0] != '\0' ? service->cgroup : NULL;
  return runtime;
}
