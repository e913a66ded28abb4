/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl update: some settings of a pod or a container; the others stay as they are. It
 * says nothing where it succeeds.
 *
 * JSON: an object: Uid, and of a container Container.
 */
#include "cli/spec-arguments.h"
#include "cli/target.h"
#include "cli/verbs.h"

static gboolean
update (Bus *bus, const Target *target, GError **error)
{
  NcgDbusManager *manager = bus_get_manager (bus, error);

  if (manager == NULL)
    return FALSE;
  if (target->container != NULL)
    return ncg_dbus_manager_call_update_container_sync (manager, target->uid, target->container,
                                                        target->spec, G_DBUS_CALL_FLAGS_NONE,
                                                        BUS_CALL_MSEC, NULL, error);
  return ncg_dbus_manager_call_update_pod_sync (manager, target->uid, target->spec,
                                                G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC, NULL, error);
}

static gboolean
run (Call *call, GError **error)
{
  g_auto (Target) target = { 0 };

  if (!target_parse (&target, call->arguments[0], call->arguments + 1, error) ||
      !update (call->bus, &target, error))
    return FALSE;
  if (call_wants_json (call))
    call_show_json (call, target_describe (&target));
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
