/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl join: puts processes into a container of a pod.
 *
 * JSON: an object: Uid, Container, Unit, ControlGroup.
 */
#include "cli/joining.h"
#include "cli/spec-arguments.h"
#include "cli/target.h"
#include "cli/verbs.h"

#include <string.h>

/* What the arguments say; and in the end where the processes are. */
typedef struct {
  Target target; /* its spec: the options */
  GArray *pids;  /* (element-type pid_t) */
  char *unit;
  char *cgroup;
  gboolean has_ended;
  GError *error;
} Join;

static void
join_clear (Join *self)
{
  target_clear (&self->target);
  g_clear_pointer (&self->pids, g_array_unref);
  g_free (self->unit);
  g_free (self->cgroup);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Join, join_clear)

static gboolean
add_pid (GArray *pids, const char *argument, GError **error)
{
  guint64 number;
  pid_t pid;

  if (!g_ascii_string_to_unsigned (argument, 10, 0, G_MAXINT32, &number, NULL)) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE,
                 "\"%s\" is neither the number of a process nor KEY=VALUE", argument);
    return FALSE;
  }
  pid = (pid_t) number;
  g_array_append_val (pids, pid);
  return TRUE;
}

/* Numbers and keys, in any order. */
static gboolean
parse_rest (Join *self, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();

  self->pids = g_array_new (FALSE, FALSE, sizeof (pid_t));
  for (guint i = 0; arguments[i] != NULL; i++) {
    if (strchr (arguments[i], '=') != NULL)
      g_ptr_array_add (keys, arguments[i]);
    else if (!add_pid (self->pids, arguments[i], error))
      return FALSE;
  }
  g_ptr_array_add (keys, NULL);
  self->target.spec = spec_arguments_parse ((char **) keys->pdata, error);
  return self->target.spec != NULL;
}

static gboolean
parse (const Call *call, Join *self, GError **error)
{
  guint n_names = 1;

  if (!target_parse (&self->target, call->arguments[0], NULL, error))
    return FALSE;
  if (self->target.container == NULL) {
    self->target.container = g_strdup (call->arguments[1]);
    n_names = 2;
  }
  if (!parse_rest (self, call->arguments + n_names, error))
    return FALSE;
  if (self->pids->len > 0)
    return TRUE;
  g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "join takes %s: no PID is given",
               verb_join.arguments);
  return FALSE;
}

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Join *self = user_data;

  joining_finish (source, result, &self->unit, &self->cgroup, &self->error);
  self->has_ended = TRUE;
}

static gboolean
join (const Call *call, Join *self, GError **error)
{
  const Joining joining = {
    .uid = self->target.uid,
    .container = self->target.container,
    .pids = (const pid_t *) (void *) self->pids->data,
    .n_pids = self->pids->len,
    .options = self->target.spec,
    .is_distant = call->options->host != NULL,
  };

  if (!joining_begin (call->bus, &joining, on_joined, self, error))
    return FALSE;
  while (!self->has_ended)
    g_main_context_iteration (NULL, TRUE);
  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

static gboolean
run (Call *call, GError **error)
{
  g_auto (Join) self = { 0 };
  g_autofree char *text = NULL;

  if (!parse (call, &self, error) || !join (call, &self, error))
    return FALSE;
  if (call_wants_json (call)) {
    call_show_json (call,
                    g_variant_new_parsed (
                        "{'Uid': <%s>, 'Container': <%s>, 'Unit': <%s>, 'ControlGroup': <%s>}",
                        self.target.uid, self.target.container, self.unit, self.cgroup));
    return TRUE;
  }
  text = g_strdup_printf ("%s\n%s\n", self.unit, self.cgroup);
  call_show (call, text);
  return TRUE;
}

const Verb verb_join = {
  .name = "join",
  .arguments = "UID CONTAINER PID… [KEY=VALUE…]",
  .min_arguments = 2,
  .max_arguments = G_MAXUINT,
  .needs_bus = TRUE,
  .group = VERB_GROUP_CHANGE,
  .help = "Put processes into a container; print its unit and its cgroup",
  .more = "UID/CONTAINER is UID CONTAINER, too. A container that is not there is started, with the "
          "keys, and ends\nwith its last process; of one that is there the keys may only repeat "
          "what it has. All of the processes\nare joined, or none. What they start later comes "
          "along; what they have started does not.\n\n" SPEC_ARGUMENTS_HELP,
  .run = run,
};
