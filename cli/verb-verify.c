/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl verify: whether the kernel has what it should have, of the node and all pods, or
 * of the pods that are named. It ends with 1 where something differs.
 *
 * JSON: an array of what differs, with --all of everything, each an object: Uid (of pods), Object,
 * Setting, Wanted, Actual, Ok.
 */
#include "cli/batch.h"
#include "cli/settings.h"
#include "cli/verbs.h"

#define NO_SUCH_POD "org.example.NodeCgroups.Error.NoSuchPod"

static gboolean wants_all;

static const GOptionEntry entries[] = {
  { "all", 'a', 0, G_OPTION_ARG_NONE, &wants_all, "Show also what is as it should be", NULL },
  { NULL },
};

/* (transfer full): the uids of all pods */
static char **
list_uids (Bus *bus, GError **error)
{
  NcgDbusManager *manager = bus_get_manager (bus, error);
  g_autoptr (GVariant) pods = NULL;
  char **uids;

  if (manager == NULL || !ncg_dbus_manager_call_list_pods_sync (manager, G_DBUS_CALL_FLAGS_NONE,
                                                                BUS_CALL_MSEC, &pods, NULL, error))
    return NULL;
  uids = g_new0 (char *, g_variant_n_children (pods) + 1);
  for (gsize i = 0; i < g_variant_n_children (pods); i++)
    g_variant_get_child (pods, i, "(ssoss)", &uids[i], NULL, NULL, NULL, NULL);
  return uids;
}

/* One that has been removed since the pods were listed has nothing that it should have. */
static gboolean
may_be_gone (const Call *call, const GError *error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  return call->n_arguments == 0 && g_strcmp0 (name, NO_SUCH_POD) == 0;
}

typedef struct {
  Table *table;
  GVariantBuilder json;
  guint n;
  guint n_differ;
} Result;

static void
take (Result *result, GVariant *settings, const char *uid)
{
  result->n += (guint) g_variant_n_children (settings);
  result->n_differ += settings_add (result->table, settings, NULL, !wants_all);
  settings_describe (&result->json, settings, uid, !wants_all);
}

/* @uids: those of the calls that come after that for the node, if there is one */
static gboolean
take_all (const Call *call, const Batch *batch, char **uids, Result *result, GError **error)
{
  guint n_before = batch_count (batch) - g_strv_length (uids);

  for (guint i = 0; i < batch_count (batch); i++) {
    g_autoptr (GError) wrong = NULL;
    GVariant *reply = batch_get_reply (batch, i, &wrong);
    g_autoptr (GVariant) settings = NULL;

    if (reply != NULL) {
      settings = g_variant_get_child_value (reply, 0);
      take (result, settings, i >= n_before ? uids[i - n_before] : NULL);
    } else if (!may_be_gone (call, wrong)) {
      g_propagate_error (error, g_steal_pointer (&wrong));
      return FALSE;
    }
  }
  return TRUE;
}

static void
show (const Call *call, Result *result)
{
  g_autoptr (GString) out = g_string_new (NULL);
  TableLook look = call_get_look (call);
  g_autofree char *text = table_format (result->table, &look);

  g_string_append (out, text);
  if (!call->options->no_legend && table_count_rows (result->table) > 0)
    g_string_append_c (out, '\n');
  if (!call->options->no_legend && result->n_differ == 0)
    g_string_append_printf (out, "All of %u settings are as they should be.\n", result->n);
  else if (!call->options->no_legend)
    g_string_append_printf (out, "%u of %u settings differ.\n", result->n_differ, result->n);
  call_show (call, out->str);
}

static gboolean
run (Call *call, GError **error)
{
  g_autoptr (Batch) batch = batch_new (call->bus);
  g_auto (GStrv) uids =
      call->n_arguments > 0 ? g_strdupv (call->arguments) : list_uids (call->bus, error);
  g_autoptr (Table) table = settings_new_table ();
  g_autoptr (GVariant) json = NULL;
  Result result = { .table = table };
  gboolean ok;

  if (uids == NULL || !bus_wake (call->bus, error))
    return FALSE;
  if (call->n_arguments == 0)
    batch_add (batch, BUS_NODE, "Verify", g_variant_new ("()"));
  for (guint i = 0; uids[i] != NULL; i++)
    batch_add (batch, BUS_MANAGER, "VerifyPod", g_variant_new ("(s)", uids[i]));
  batch_run (batch, BUS_CALL_MSEC);
  g_variant_builder_init (&result.json, G_VARIANT_TYPE ("aa{sv}"));
  ok = take_all (call, batch, uids, &result, error);
  json = g_variant_ref_sink (g_variant_builder_end (&result.json));
  if (!ok)
    return FALSE;
  if (call_wants_json (call))
    call_show_json (call, json);
  else
    show (call, &result);
  call->status = result.n_differ > 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_OK;
  return TRUE;
}

const Verb verb_verify = {
  .name = "verify",
  .arguments = "[UID…]",
  .max_arguments = G_MAXUINT,
  .needs_bus = TRUE,
  .group = VERB_GROUP_SEE,
  .help = "Show what differs from what it should be; then status 1",
  .options = entries,
  .run = run,
};
