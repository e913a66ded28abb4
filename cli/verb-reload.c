/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl reload: the daemon reads its configuration again.
 *
 * JSON: an object: State, that of the node afterwards.
 */
#include "cli/verbs.h"

static gboolean
run (Call *call, GError **error)
{
  NcgDbusNode *node = bus_get_node (call->bus, error);
  g_autoptr (GVariant) properties = NULL;
  g_autofree char *line = NULL;
  const char *state = "";

  if (node == NULL ||
      !ncg_dbus_node_call_reload_sync (node, G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC, NULL, error))
    return FALSE;
  properties = bus_get_all (call->bus, BUS_OBJECT, BUS_NODE, error);
  if (properties == NULL)
    return FALSE;
  g_variant_lookup (properties, "State", "&s", &state);
  if (call_wants_json (call)) {
    call_show_json (call, g_variant_new_parsed ("{'State': <%s>}", state));
    return TRUE;
  }
  line = g_strdup_printf ("The configuration is in force; the node is %s.", state);
  call_print_line (call, line);
  return TRUE;
}

const Verb verb_reload = {
  .name = "reload",
  .arguments = "",
  .needs_bus = TRUE,
  .group = VERB_GROUP_CHANGE,
  .help = "Have the daemon read its configuration again",
  .run = run,
};
