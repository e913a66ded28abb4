/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of drivers.
 */
#include "lib/driver-cgroupfs.h"
#include "lib/driver-systemd.h"
#include "lib/error.h"

static const NcgDriverOps *const drivers[] = {
  &ncg_driver_systemd_ops,
  &ncg_driver_cgroupfs_ops,
};

NcgDriver *
ncg_driver_new (const char *name,
                const NcgDriverConfig *config,
                const NcgDriverListener *listener,
                gpointer user_data,
                GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (drivers); i++) {
    if (g_str_equal (drivers[i]->name, name))
      return drivers[i]->create (config, listener, user_data);
    g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", drivers[i]->name);
  }
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "there is no cgroup driver '%s'; there is: %s", name, known->str);
  return NULL;
}
