/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl create: a pod, or a container of one.
 *
 * JSON: an object: Uid and ControlGroup, and of a pod Object and Slice, of a container Container
 * and Unit.
 */
#include "cli/spec-arguments.h"
#include "cli/verbs.h"

/* What was made: its unit and its cgroup. Of a pod there is an object, of a container a name. */
typedef struct {
  const char *uid;
  const char *container; /* (nullable) */
  char *object;          /* (nullable) */
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
add_text (GVariantDict *fields, const char *key, const char *text)
{
  if (text != NULL)
    g_variant_dict_insert (fields, key, "s", text);
}

static void
show (const Call *call, const Made *made)
{
  g_auto (GVariantDict) fields = G_VARIANT_DICT_INIT (NULL);
  g_autofree char *text = NULL;

  if (!call_wants_json (call)) {
    text = g_strdup_printf ("%s\n%s\n", made->unit, made->cgroup);
    call_show (call, text);
    return;
  }
  add_text (&fields, "Uid", made->uid);
  add_text (&fields, "Container", made->container);
  add_text (&fields, "Object", made->object);
  add_text (&fields, made->container != NULL ? "Unit" : "Slice", made->unit);
  add_text (&fields, "ControlGroup", made->cgroup);
  call_show_json (call, g_variant_dict_end (&fields));
}

static gboolean
make (Bus *bus, Made *made, GVariant *spec, GError **error)
{
  NcgDbusManager *manager = bus_get_manager (bus, error);

  if (manager == NULL)
    return FALSE;
  if (made->container != NULL)
    return ncg_dbus_manager_call_create_container_sync (manager, made->uid, made->container, spec,
                                                        G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC,
                                                        &made->unit, &made->cgroup, NULL, error);
  return ncg_dbus_manager_call_create_pod_sync (manager, made->uid, spec, G_DBUS_CALL_FLAGS_NONE,
                                                BUS_CALL_MSEC, &made->object, &made->unit,
                                                &made->cgroup, NULL, error);
}

static gboolean
run (Call *call, GError **error)
{
  g_autofree char *container = NULL;
  g_autofree char *uid = call_split_name (call->arguments[0], &container, error);
  g_autoptr (GVariant) spec =
      uid != NULL ? spec_arguments_parse (call->arguments + 1, error) : NULL;
  g_auto (Made) made = { .uid = uid, .container = container };

  if (spec == NULL || !make (call->bus, &made, spec, error))
    return FALSE;
  show (call, &made);
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
