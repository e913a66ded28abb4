/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl remove: pods and containers, with all their processes. They do not wait for each
 * other, and one that cannot be removed does not keep the others. It says nothing where it
 * succeeds.
 *
 * JSON: an array of those that were removed, each an object: Uid, and of a container Container.
 */
#include "cli/batch.h"
#include "cli/failure.h"
#include "cli/target.h"
#include "cli/verbs.h"

#define GRACE_MOST_SEC 3600

static double grace_sec;

static const GOptionEntry entries[] = {
  { "grace", 0, 0, G_OPTION_ARG_DOUBLE, &grace_sec,
    "SIGTERM first, and so long for the processes to end (0; at most 3600)", "SECONDS" },
  { NULL },
};

static GVariant *
make_options (void)
{
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (grace_sec > 0)
    g_variant_builder_add (&options, "{sv}", "GracePeriodUSec",
                           g_variant_new_uint64 ((guint64) (grace_sec * G_USEC_PER_SEC)));
  return g_variant_builder_end (&options);
}

static gboolean
add (Batch *batch, const char *name, GError **error)
{
  g_auto (Target) target = { 0 };

  if (!target_parse (&target, name, NULL, error))
    return FALSE;
  if (target.container != NULL)
    batch_add (batch, BUS_MANAGER, "RemoveContainer",
               g_variant_new ("(ss@a{sv})", target.uid, target.container, make_options ()));
  else
    batch_add (batch, BUS_MANAGER, "RemovePod",
               g_variant_new ("(s@a{sv})", target.uid, make_options ()));
  return TRUE;
}

/* What was removed, as JSON; what was not is reported, and the first of it is the status. */
static GVariant *
collect (Call *call, const Batch *batch)
{
  GVariantBuilder removed;

  g_variant_builder_init (&removed, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < batch_count (batch); i++) {
    g_auto (Target) target = { 0 };
    g_autoptr (GError) error = NULL;

    /* It was right before. */
    target_parse (&target, call->arguments[i], NULL, NULL);
    if (batch_get_reply (batch, i, &error) != NULL) {
      g_variant_builder_add_value (&removed, target_describe (&target));
    } else {
      ExitStatus status = failure_report (error, call->verb);

      call->status = call->status == EXIT_STATUS_OK ? status : call->status;
    }
  }
  return g_variant_builder_end (&removed);
}

static gboolean
run (Call *call, GError **error)
{
  g_autoptr (Batch) batch = batch_new (call->bus);
  g_autoptr (GVariant) removed = NULL;

  /* The comparison is false for what is no number, too. */
  if (!(grace_sec >= 0 && grace_sec <= GRACE_MOST_SEC)) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "--grace takes 0 to %d seconds",
                 GRACE_MOST_SEC);
    return FALSE;
  }
  for (guint i = 0; i < call->n_arguments; i++)
    if (!add (batch, call->arguments[i], error))
      return FALSE;
  if (!bus_wake (call->bus, error))
    return FALSE;
  batch_run (batch, BUS_CALL_MSEC + (int) (grace_sec * 1000));
  removed = g_variant_ref_sink (collect (call, batch));
  if (call_wants_json (call))
    call_show_json (call, removed);
  return TRUE;
}

const Verb verb_remove = {
  .name = "remove",
  .arguments = "UID[/CONTAINER]…",
  .min_arguments = 1,
  .max_arguments = G_MAXUINT,
  .needs_bus = TRUE,
  .group = VERB_GROUP_CHANGE,
  .help = "End all processes in them, and remove them",
  .options = entries,
  .run = run,
};
