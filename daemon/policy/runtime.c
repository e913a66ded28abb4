/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runtimes by their names.
 */
#include "daemon/policy/runtime.h"

#include <string.h>

#define ID_LENGTH 64
#define SHOWN_LENGTH 12
#define USERS "/user.slice"

/* In the order in which "auto" takes them. */
static const struct {
  const char *name;
  const char *unit; /* NULL: it has no daemon */
} runtimes[] = {
  { "docker", "docker.service" },
  { "containerd", "containerd.service" },
  { "crio", "crio.service" },
  { "rkt", NULL },
};

static const struct {
  const char *runtime;
  const char *parent; /* NULL: anywhere; with "*" at the end: a name that begins so */
  const char *prefix;
  const char *suffix;
  gboolean is_free; /* whatever is between the two is an id, else 64 hexadecimal digits are */
} patterns[] = {
  { "docker", NULL, "docker-", ".scope" },
  { "containerd", NULL, "cri-containerd-", ".scope" },
  { "containerd", NULL, "nerdctl-", ".scope" },
  { "crio", NULL, "crio-", ".scope" },
  { "podman", NULL, "libpod-", ".scope" },
  { "rkt", NULL, "machine-rkt", ".scope", TRUE },
  { "docker", "docker", "", "" },
  { "containerd", "k8s.io", "", "" },
  { "containerd", "default", "", "" },
  { "crio", NULL, "crio-", "" },
  { "podman", NULL, "libpod-", "" },
  { "", "pod*", "", "" },
};

const char *
runtime_get_nth_unit (guint n)
{
  return n < G_N_ELEMENTS (runtimes) ? runtimes[n].unit : NULL;
}

const char *
runtime_get_unit (const char *runtime)
{
  for (gsize i = 0; i < G_N_ELEMENTS (runtimes); i++)
    if (g_str_equal (runtimes[i].name, runtime))
      return runtimes[i].unit;
  return NULL;
}

const char *
runtime_choose (const char *configured, RuntimeIsActive is_active, gpointer user_data)
{
  gboolean is_auto = g_str_equal (configured, "auto");

  for (gsize i = 0; i < G_N_ELEMENTS (runtimes); i++)
    if (is_auto ? runtimes[i].unit != NULL && is_active (runtimes[i].unit, user_data)
                : g_str_equal (runtimes[i].name, configured))
      return runtimes[i].name;
  return NULL;
}

static gboolean
is_id (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isxdigit (text[i]))
      return FALSE;
  return length == ID_LENGTH;
}

static gboolean
is_parent (const char *pattern, const char *parent)
{
  gsize length = pattern != NULL ? strlen (pattern) : 0;

  if (pattern == NULL)
    return TRUE;
  return pattern[length - 1] == '*' ? strncmp (pattern, parent, length - 1) == 0
                                    : g_str_equal (pattern, parent);
}

/* (transfer full) (nullable) */
static char *
match (gsize i, const char *parent, const char *name)
{
  gsize length = strlen (name);
  gsize prefix = strlen (patterns[i].prefix);
  gsize suffix = strlen (patterns[i].suffix);
  gsize id = length - prefix - suffix;

  if (length <= prefix + suffix || !is_parent (patterns[i].parent, parent) ||
      !g_str_has_prefix (name, patterns[i].prefix) || !g_str_has_suffix (name, patterns[i].suffix))
    return NULL;
  if (patterns[i].is_free)
    return g_strndup (name, length - suffix);
  return is_id (name + prefix, id) ? g_strndup (name + prefix, SHOWN_LENGTH) : NULL;
}

char *
runtime_classify (const char *parent, const char *name, const char **ret_runtime)
{
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++) {
    char *id = match (i, parent, name);

    if (id == NULL)
      continue;
    *ret_runtime = patterns[i].runtime;
    return id;
  }
  return NULL;
}

gboolean
runtime_concerns (const char *wanted, const char *runtime, const char *cgroup)
{
  if (g_str_equal (wanted, "none"))
    return FALSE;
  if (g_str_equal (runtime, "podman") &&
      (g_str_equal (cgroup, USERS) || g_str_has_prefix (cgroup, USERS "/")))
    return FALSE;
  return g_str_equal (wanted, "auto") || runtime[0] == '\0' || g_str_equal (wanted, runtime);
}

char *
runtime_format_strays (const GPtrArray *names,
                       guint n_found,
                       gboolean is_complete,
                       const char *root)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (n_found == 0) {
    g_string_append_printf (text, "no container runs outside %s", root);
    if (!is_complete)
      g_string_append (text, ", as far as the cgroups were searched: there are very many");
    return g_string_free (g_steal_pointer (&text), FALSE);
  }
  g_string_append_printf (
      text,
      "%s%u %s outside %s and take%s what is reserved for others: ", is_complete ? "" : "at least ",
      n_found, n_found == 1 ? "container runs" : "containers run", root, n_found == 1 ? "s" : "");
  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (char *) names->pdata[i]);
  if (n_found > names->len)
    g_string_append_printf (text, " and %u more", n_found - names->len);
  g_string_append_printf (text,
                          "; start them in pods, or give the runtime a cgroup parent below %s "
                          "(docker: --cgroup-parent)",
                          root);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
runtime_format_message (const char *configured,
                        const char *runtime,
                        const char *cgroup,
                        gboolean *ret_holds)
{
  const char *unit = runtime != NULL ? runtime_get_unit (runtime) : NULL;

  *ret_holds = unit == NULL || cgroup != NULL;
  if (runtime == NULL)
    return g_strdup ("no daemon of a container runtime runs (docker.service, containerd.service, "
                     "crio.service)");
  if (unit == NULL)
    return g_strdup_printf ("the container runtime is %s, which has no daemon", runtime);
  if (cgroup != NULL)
    return g_strdup_printf ("the container runtime is %s: %s, in %s", runtime, unit, cgroup);
  return g_strdup_printf ("containerRuntime is %s, and %s does not run; start it (systemctl start "
                          "%s), or set containerRuntime to auto or none",
                          configured, unit, runtime);
}
