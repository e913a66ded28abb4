/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl update: some settings of a pod or a container; the others stay as they are. It
 * says nothing where it succeeds.
 *
 * JSON: an object: Uid, and of a container Container.
 */
#include "cli/spec-arguments.h"
#include "cli/verbs.h"

static gboolean
update (Bus *bus, const char *uid, const char *container, GVariant *spec, GError **error)
{
  NcgDbusManager *manager = bus_get_manager (bus, error);

  if (manager == NULL)
    return FALSE;
  if (container != NULL)
    return ncg_dbus_manager_call_update_container_sync (
        manager, uid, container, spec, G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC, NULL, error);
  return ncg_dbus_manager_call_update_pod_sync (manager, uid, spec, G_DBUS_CALL_FLAGS_NONE,
                                                BUS_CALL_MSEC, NULL, error);
}

static gboolean
run (Call *call, GError **error)
{
  g_autofree char *container = NULL;
  g_autofree char *uid = call_split_name (call->arguments[0], &container, error);
  g_autoptr (GVariant) spec =
      uid != NULL ? spec_arguments_parse (call->arguments + 1, error) : NULL;

  if (spec == NULL || !update (call->bus, uid, container, spec, error))
    return FALSE;
  if (call_wants_json (call))
    call_show_json (call, call_describe_name (uid, container));
  return TRUE;
}

const Verb verb_update = {
  .name = "update",
  .arguments = "UID[/CONTAINER] KEY=VALUE…",
  .min_arguments = 2,
  .max_arguments = G_MAXUINT,
  .needs_bus = TRUE,
  .group = VERB_GROUP_CHANGE,
  .help = "Change the settings that are named",
  .more = SPEC_ARGUMENTS_HELP,
  .run = run,
};
