/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Judging where a daemon is.
 */
#include "daemon/policy/placement.h"

#include "daemon/policy/runtime.h"

#include <string.h>

static const char *const kubernetes[] = { "kubelet.service", "kube-proxy.service", NULL };

static const char *const meanings[] = {
  [PLACEMENT_RIGHT] = "",
  [PLACEMENT_SYSTEM] = "what it uses is charged to systemReserved, for the services of the system, "
                       "and not to kubeReserved; when it needs much, they have to do with less",
  [PLACEMENT_SESSION] = "it ends with the session of the user, and what it uses is charged to the "
                        "user and not to kubeReserved",
  [PLACEMENT_OTHER] = "what it uses is not charged to kubeReserved, and what is reserved is not "
                      "kept for it",
};

static gboolean
is_below (const char *cgroup, const char *parent)
{
  gsize length;

  if (parent == NULL || !g_str_has_prefix (cgroup, parent))
    return FALSE;
  length = strlen (parent);
  return cgroup[length] == '\0' || cgroup[length] == '/';
}

PlacementVerdict
placement_judge (const PlacementGroups *groups, const char *cgroup)
{
  if (is_below (cgroup, groups->daemons_cgroup))
    return PLACEMENT_RIGHT;
  if (is_below (cgroup, groups->user_cgroup))
    return PLACEMENT_SESSION;
  return is_below (cgroup, groups->system_cgroup) ? PLACEMENT_SYSTEM : PLACEMENT_OTHER;
}

const char *const *
placement_list_kubernetes (void)
{
  return kubernetes;
}

gboolean
placement_is_kubernetes (const char *unit)
{
  return g_strv_contains (kubernetes, unit);
}

const char *
placement_find_unit (const char *command)
{
  for (gsize i = 0; kubernetes[i] != NULL; i++) {
    gsize length = strlen (kubernetes[i]) - strlen (".service");

    if (strlen (command) == length && strncmp (kubernetes[i], command, length) == 0)
      return kubernetes[i];
  }
  return NULL;
}

static void
add_once (GPtrArray *units, const char *unit)
{
  if (!g_ptr_array_find_with_equal_func (units, unit, g_str_equal, NULL))
    g_ptr_array_add (units, g_strdup (unit));
}

GStrv
placement_list_units (const Config *config)
{
  GPtrArray *units = g_ptr_array_new ();
  const char *unit;

  for (gsize i = 0; kubernetes[i] != NULL; i++)
    add_once (units, kubernetes[i]);
  for (guint i = 0; (unit = runtime_get_nth_unit (i)) != NULL; i++)
    add_once (units, unit);
  for (guint i = 0; i < config->oom_scores->len; i++)
    add_once (units, ((const ConfigOomScore *) g_ptr_array_index (config->oom_scores, i))->unit);
  g_ptr_array_add (units, NULL);
  return (GStrv) g_ptr_array_free (units, FALSE);
}

char *
placement_find_slice (const char *cgroup)
{
  g_auto (GStrv) names = g_strsplit (cgroup, "/", -1);

  for (guint i = g_strv_length (names); i > 0; i--)
    if (g_str_has_suffix (names[i - 1], ".slice"))
      return g_strdup (names[i - 1]);
  return g_strdup ("-.slice");
}

char *
placement_format_message (const PlacementGroups *groups,
                          const char *unit,
                          pid_t pid,
                          const char *cgroup)
{
  PlacementVerdict verdict = placement_judge (groups, cgroup);
  g_autofree char *name = g_strndup (unit, strlen (unit) - strlen (".service"));
  g_autofree char *who =
      pid == 0 ? g_strdup (unit)
               : g_strdup_printf ("%s, process %d, is no service, and", name, (int) pid);

  if (verdict == PLACEMENT_RIGHT)
    return g_strdup_printf ("%s runs in %s", unit, groups->daemons_unit);
  return g_strdup_printf ("%s runs in %s: %s. To mend it%s, write to "
                          "/etc/systemd/system/%s.d/nodecgroups.conf:\n"
                          "[Service]\n"
                          "Slice=%s\n"
                          "and run: systemctl daemon-reload && systemctl restart %s",
                          who, cgroup, meanings[verdict],
                          pid == 0 ? "" : ", stop it, make it a service", unit,
                          groups->daemons_unit, name);
}

char *
placement_format_second (const PlacementGroups *groups,
                         const char *unit,
                         pid_t pid,
                         const char *cgroup)
{
  g_autofree char *name = g_strndup (unit, strlen (unit) - strlen (".service"));

  return g_strdup_printf ("%s, process %d, is no service, and runs besides it in %s: %s. Stop it",
                          name, (int) pid, cgroup, meanings[placement_judge (groups, cgroup)]);
}
