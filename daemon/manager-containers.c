/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers in the tables.
 */
#include "daemon/manager-containers.h"

#include "daemon/pod-drift.h"
#include "lib/error.h"

/* How many containers a message names at most. */
#define MOST_NAMED 10

Pod *
manager_find_active_pod (Manager *self, const char *uid, GError **error)
{
  Pod *pod = manager_find_own_pod (self, uid, error);

  if (pod == NULL || pod->state == POD_ACTIVE)
    return pod;
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
               "pod %s is %s and its containers cannot be changed; remove it, or create it again",
               uid, pod_state_to_string (pod->state));
  return NULL;
}

static char *
list_names (const Pod *pod)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < MIN (pod->containers->len, MOST_NAMED); i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);

    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", container->name);
  }
  if (pod->containers->len > MOST_NAMED)
    g_string_append_printf (text, " and %u more", pod->containers->len - MOST_NAMED);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

Container *
manager_find_container (const Pod *pod, const char *name, GError **error)
{
  Container *container = pod_find_container (pod, name);
  g_autofree char *names = NULL;

  if (container != NULL)
    return container;
  names = list_names (pod);
  g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_CONTAINER,
               "pod %s has no container '%s'; it has %s", pod->uid, name,
               names[0] != '\0' ? names : "none");
  return NULL;
}

void
manager_explain_taken (GError *error)
{
  g_autofree char *reason = NULL;

  if (!g_error_matches (error, NCG_ERROR, NCG_ERROR_UNIT_EXISTS))
    return;
  reason = error->message;
  error->code = NCG_ERROR_CONTAINER_EXISTS;
  error->message =
      g_strdup_printf ("%s; stop or remove that, or take another name for the container", reason);
}

void
manager_set_container_state (Manager *self, Pod *pod, Container *container, ContainerState state)
{
  if (container->state == state)
    return;
  container->state = state;
  if (state == CONTAINER_VANISHED)
    pod_drift_unwatch_container (self, container);
  manager_container_changed (self, pod, container);
}

/* What a removal asked for is done, maybe after its caller was told Timeout. */
static gboolean
is_to_go (const Container *container)
{
  return !container->is_held ||
         (container->stop_usec != 0 &&
          g_get_monotonic_time () - container->stop_usec < MANAGER_LATE_STOP_USEC);
}

gboolean
manager_settle_container (Manager *self, Pod *pod, Container *container)
{
  gboolean is_gone = manager_is_gone (self, container->cgroup);

  if (is_gone && is_to_go (container))
    manager_drop_container (self, pod, container);
  else
    manager_set_container_state (self, pod, container,
                                 is_gone ? CONTAINER_VANISHED : CONTAINER_ACTIVE);
  return !is_gone;
}

char *
manager_predict_leaf (const Pod *pod, const char *unit)
{
  return unit[0] == '/' ? g_strdup (unit) : g_strconcat (pod->cgroup, "/", unit, NULL);
}

void
manager_predict_container (const Pod *pod, Container *container)
{
  g_autofree char *cgroup = manager_predict_leaf (pod, container->unit);

  container_set_cgroup (container, cgroup);
}
