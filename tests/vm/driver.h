/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A driver of the library, asked by the test itself and without the daemon: each call runs the main
 * loop until it has ended. Functions that have a @error may fail; whatever else fails ends the test
 * program.
 */
#pragma once

#include "lib/driver.h"
#include "lib/process.h"

typedef struct {
  NcgDriver *driver;
  GHashTable *removed; /* set of the units of which the driver told that they are gone */
  gboolean is_connected;
  guint reloads;
} TestDriver;

/* (transfer full): connected, and probed */
TestDriver *test_driver_new (const char *name);

/* The same for systemd's driver over the system bus, as where the private socket is missing. */
TestDriver *test_driver_new_on_bus (void);
void test_driver_free (TestDriver *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestDriver, test_driver_free)

/* After systemd was executed anew: waits for the connection and probes again. */
void test_driver_reconnect (TestDriver *self);

/* (transfer full) (nullable) */
NcgPlace *test_driver_ensure_group (TestDriver *self,
                                    const char *path,
                                    const NcgResources *resources,
                                    GError **error);
gboolean test_driver_set (TestDriver *self,
                          const NcgPlace *place,
                          const NcgResources *resources,
                          GError **error);

/* (transfer full) (nullable): @leaf has no processes for one that is held, else @pids, up to -1 */
NcgPlace *
test_driver_start_leaf (TestDriver *self, NcgLeaf *leaf, const pid_t *pids, GError **error);
gboolean test_driver_join (
    TestDriver *self, const NcgPlace *place, pid_t pid, const char *subgroup, GError **error);

/* The same for a leaf that is delegated to @user. */
gboolean test_driver_join_of (TestDriver *self,
                              const NcgPlace *place,
                              pid_t pid,
                              const char *subgroup,
                              uid_t user,
                              GError **error);
gboolean
test_driver_freeze (TestDriver *self, const NcgPlace *place, gboolean frozen, GError **error);
gboolean test_driver_kill (TestDriver *self, const NcgPlace *place, GError **error);
gboolean test_driver_stop (TestDriver *self, const NcgPlace *place, GError **error);
char *test_driver_describe (TestDriver *self, const NcgPlace *place, GError **error);
