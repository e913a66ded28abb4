/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals of systemd.
 */
#include "lib/systemd-signals.h"

#define UNIT_NAMESPACE NCG_SYSTEMD_PATH "/unit"

static int
on_job_removed (sd_bus_message *message, void *user_data, sd_bus_error *unused)
{
  const NcgSystemdSignals *self = user_data;
  const char *job, *unit, *result;
  guint32 id;

  if (sd_bus_message_read (message, "uoss", &id, &job, &unit, &result) >= 0)
    self->job_removed (job, unit, result, self->owner);
  return 0;
}

static void
touch_unit (const NcgSystemdSignals *self, const char *path)
{
  if (self->listener->unit_touched != NULL)
    self->listener->unit_touched (path, self->user_data);
}

static int
on_unit_new (sd_bus_message *message, void *user_data, sd_bus_error *unused)
{
  const NcgSystemdSignals *self = user_data;
  const char *unit, *path;

  if (sd_bus_message_read (message, "so", &unit, &path) >= 0)
    touch_unit (self, path);
  return 0;
}

static int
on_unit_removed (sd_bus_message *message, void *user_data, sd_bus_error *unused)
{
  const NcgSystemdSignals *self = user_data;
  const char *unit, *path;

  if (sd_bus_message_read (message, "so", &unit, &path) < 0)
    return 0;
  touch_unit (self, path);
  if (self->listener->unit_removed != NULL)
    self->listener->unit_removed (unit, self->user_data);
  return 0;
}

/* What has changed is not read from it: it says nothing of the cgroup and the slice. */
static int
on_properties_changed (sd_bus_message *message, void *user_data, sd_bus_error *unused)
{
  touch_unit (user_data, sd_bus_message_get_path (message));
  return 0;
}

static int
on_reloading (sd_bus_message *message, void *user_data, sd_bus_error *unused)
{
  const NcgSystemdSignals *self = user_data;
  int active;

  if (sd_bus_message_read (message, "b", &active) >= 0 && !active &&
      self->listener->reloaded != NULL)
    self->listener->reloaded (self->user_data);
  return 0;
}

static int
match_properties (sd_bus *bus, gboolean on_bus, const NcgSystemdSignals *signals)
{
  g_autofree char *match =
      g_strconcat ("type='signal',interface='org.freedesktop.DBus.Properties',"
                   "member='PropertiesChanged',path_namespace='" UNIT_NAMESPACE "'",
                   on_bus ? ",sender='" NCG_SYSTEMD_NAME "'" : NULL, NULL);

  return sd_bus_add_match_async (bus, NULL, match, on_properties_changed, NULL, (void *) signals);
}

int
ncg_systemd_signals_match (sd_bus *bus, gboolean on_bus, const NcgSystemdSignals *signals)
{
  static const struct {
    const char *member;
    sd_bus_message_handler_t handler;
  } table[] = {
    { "JobRemoved", on_job_removed },
    { "UnitNew", on_unit_new },
    { "UnitRemoved", on_unit_removed },
    { "Reloading", on_reloading },
  };
  int r = 0;

  for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS (table); i++)
    r = sd_bus_match_signal_async (bus, NULL, on_bus ? NCG_SYSTEMD_NAME : NULL, NCG_SYSTEMD_PATH,
                                   NCG_SYSTEMD_MANAGER, table[i].member, table[i].handler, NULL,
                                   (void *) signals);
  return r < 0 ? r : match_properties (bus, on_bus, signals);
}
