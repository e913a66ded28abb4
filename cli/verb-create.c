/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl create: a pod, or a container of one.
 *
 * JSON: an object: Uid and ControlGroup, and of a pod Object and Slice, of a container Container
 * and Unit.
 */
#include "cli/spec-arguments.h"
#include "cli/target.h"
#include "cli/verbs.h"

/* What was made: its unit and its cgroup. Of a pod there is an object as well. */
typedef struct {
  char *object; /* (nullable) */
  char *unit;
  char *cgroup;
} Made;

static void
made_clear (Made *made)
{
  g_free (made->object);
  g_free (made->unit);
  g_free (made->cgroup);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Made, made_clear)

static void
show (const Call *call, const Target *target, const Made *made)
{
  g_autoptr (GVariant) name = g_variant_ref_sink (target_describe (target));
  g_auto (GVariantDict) fields = G_VARIANT_DICT_INIT (name);
  g_autofree char *text = NULL;

  if (!call_wants_json (call)) {
    text = g_strdup_printf ("%s\n%s\n", made->unit, made->cgroup);
    call_show (call, text);
    return;
  }
  if (made->object != NULL)
    g_variant_dict_insert (&fields, "Object", "s", made->object);
  g_variant_dict_insert (&fields, target->container != NULL ? "Unit" : "Slice", "s", made->unit);
  g_variant_dict_insert (&fields, "ControlGroup", "s", made->cgroup);
  call_show_json (call, g_variant_dict_end (&fields));
}

static gboolean
make (Bus *bus, const Target *target, Made *made, GError **error)
{
  NcgDbusManager *manager = bus_get_manager (bus, error);

  if (manager == NULL)
    return FALSE;
  if (target->container != NULL)
    return ncg_dbus_manager_call_create_container_sync (
        manager, target->uid, target->container, target->spec, G_DBUS_CALL_FLAGS_NONE,
        BUS_CALL_MSEC, &made->unit, &made->cgroup, NULL, error);
  return ncg_dbus_manager_call_create_pod_sync (
      manager, target->uid, target->spec, G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC, &made->object,
      &made->unit, &made->cgroup, NULL, error);
}

static gboolean
run (Call *call, GError **error)
{
  g_auto (Target) target = { 0 };
  g_auto (Made) made = { 0 };

  if (!target_parse (&target, call->arguments[0], call->arguments + 1, error) ||
      !make (call->bus, &target, &made, error))
    return FALSE;
  show (call, &target, &made);
  return TRUE;
}

const Verb verb_create = {
  .name = "create",
  .arguments = "UID[/CONTAINER] [KEY=VALUE…]",
  .min_arguments = 1,
  .max_arguments = G_MAXUINT,
  .needs_bus = TRUE,
  .group = VERB_GROUP_CHANGE,
  .help = "Create a pod or a container; print its unit and its cgroup",
  .more = SPEC_ARGUMENTS_HELP,
  .run = run,
};
