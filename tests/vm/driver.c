/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls of a driver that wait for their end.
 */
#include "tests/vm/driver.h"

#include "tests/vm/machine.h"

#define DEADLINE (g_get_monotonic_time () + 60 * G_USEC_PER_SEC)

static void
on_connected (gpointer user_data)
{
  TestDriver *self = user_data;

  self->is_connected = TRUE;
}

static void
on_disconnected (gpointer user_data)
{
  TestDriver *self = user_data;

  self->is_connected = FALSE;
}

static void
on_reloaded (gpointer user_data)
{
  TestDriver *self = user_data;

  self->reloads++;
}

static void
on_unit_removed (const char *unit, gpointer user_data)
{
  TestDriver *self = user_data;

  g_hash_table_add (self->removed, g_strdup (unit));
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static void
wait_for (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
probe (TestDriver *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ncg_driver_probe_async (self->driver, DEADLINE, on_done, &result);
  wait_for (&result);
  ncg_driver_probe_finish (result, &error);
  g_assert_no_error (error);
}

static TestDriver *
make (const char *name, const char *socket, const char *bus_address)
{
  static const NcgDriverListener listener = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .reloaded = on_reloaded,
    .unit_removed = on_unit_removed,
  };
  TestDriver *self = g_new0 (TestDriver, 1);
  NcgDriverConfig config = {
    .root = "",
    .hierarchy = machine_get_hierarchy (),
    .user_socket = socket,
    .bus_address = bus_address,
  };
  g_autoptr (GError) error = NULL;

  self->removed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->driver = ncg_driver_new (name, &config, &listener, self, &error);
  g_assert_no_error (error);
  test_driver_reconnect (self);
  return self;
}

TestDriver *
test_driver_new (const char *name)
{
  return make (name, NULL, NULL);
}

TestDriver *
test_driver_new_on_bus (void)
{
  return make ("systemd", "/run/systemd/no-such-socket", "unix:path=/run/dbus/system_bus_socket");
}

void
test_driver_free (TestDriver *self)
{
  ncg_driver_free (self->driver);
  g_hash_table_unref (self->removed);
  g_free (self);
}

void
test_driver_reconnect (TestDriver *self)
{
  machine_wait_until (self->is_connected);
  probe (self);
}

NcgPlace *
test_driver_ensure_group (TestDriver *self,
                          const char *path,
                          const NcgResources *resources,
                          GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *description = g_strconcat ("NodeCgroups test ", path, NULL);
  NcgGroup group = { .path = path, .description = description, .resources = resources };

  ncg_driver_ensure_group_async (self->driver, &group, DEADLINE, on_done, &result);
  wait_for (&result);
  return ncg_driver_ensure_group_finish (result, error);
}

static GPtrArray *
open_processes (const pid_t *pids, GError **error)
{
  g_autoptr (GPtrArray) processes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_process_close);

  for (gsize i = 0; pids[i] >= 0; i++) {
    NcgProcess *process = ncg_process_open ("/proc", pids[i], error);

    if (process == NULL)
      return NULL;
    g_ptr_array_add (processes, process);
  }
  return g_steal_pointer (&processes);
}

NcgPlace *
test_driver_start_leaf (TestDriver *self, NcgLeaf *leaf, const pid_t *pids, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GPtrArray) processes = pids != NULL ? open_processes (pids, error) : NULL;

  if (pids != NULL && processes == NULL)
    return NULL;
  leaf->processes = processes;
  ncg_driver_start_leaf_async (self->driver, leaf, DEADLINE, on_done, &result);
  wait_for (&result);
  leaf->processes = NULL;
  return ncg_driver_start_leaf_finish (result, error);
}

gboolean
test_driver_join (
    TestDriver *self, const NcgPlace *place, pid_t pid, const char *subgroup, GError **error)
{
  return test_driver_join_of (self, place, pid, subgroup, NCG_NO_USER, error);
}

gboolean
test_driver_join_of (TestDriver *self,
                     const NcgPlace *place,
                     pid_t pid,
                     const char *subgroup,
                     uid_t user,
                     GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  const pid_t pids[] = { pid, -1 };
  g_autoptr (GPtrArray) processes = open_processes (pids, error);
  NcgJoin join = { .place = place, .processes = processes, .subgroup = subgroup, .user = user };

  if (processes == NULL)
    return FALSE;
  ncg_driver_join_async (self->driver, &join, DEADLINE, on_done, &result);
  wait_for (&result);
  return ncg_driver_join_finish (result, error);
}

gboolean
test_driver_set (TestDriver *self,
                 const NcgPlace *place,
                 const NcgResources *resources,
                 GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_set_resources_async (self->driver, place, resources, DEADLINE, on_done, &result);
  wait_for (&result);
  return ncg_driver_set_resources_finish (result, error);
}

gboolean
test_driver_freeze (TestDriver *self, const NcgPlace *place, gboolean frozen, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_freeze_async (self->driver, place, frozen, DEADLINE, on_done, &result);
  wait_for (&result);
  return ncg_driver_freeze_finish (result, error);
}

gboolean
test_driver_kill (TestDriver *self, const NcgPlace *place, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_kill_async (self->driver, place, g_get_monotonic_time () + 10 * G_USEC_PER_SEC,
                         on_done, &result);
  wait_for (&result);
  return ncg_driver_kill_finish (result, error);
}

gboolean
test_driver_stop (TestDriver *self, const NcgPlace *place, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_stop_async (self->driver, place, g_get_monotonic_time () + 10 * G_USEC_PER_SEC,
                         on_done, &result);
  wait_for (&result);
  return ncg_driver_stop_finish (result, error);
}

char *
test_driver_describe (TestDriver *self, const NcgPlace *place, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_describe_async (self->driver, place, DEADLINE, on_done, &result);
  wait_for (&result);
  return ncg_driver_describe_finish (result, error);
}
