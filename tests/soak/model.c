/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model.
 */
#include "tests/soak/model.h"

#include <string.h>

static void
container_free (gpointer data)
{
  SoakContainer *self = data;

  g_free (self->name);
  g_variant_unref (self->options);
  g_free (self->unit);
  g_free (self->cgroup);
  g_ptr_array_unref (self->processes);
  g_free (self);
}

gboolean
soak_container_is_there (const SoakContainer *self)
{
  return self->is_held ? self->is_created : self->processes->len > 0;
}

gboolean
soak_container_is_stubborn (const SoakContainer *self)
{
  for (guint i = 0; i < self->processes->len; i++)
    if (((const SoakProcess *) g_ptr_array_index (self->processes, i))->is_stubborn)
      return TRUE;
  return FALSE;
}

SoakPod *
soak_pod_new (const char *uid)
{
  SoakPod *self = g_new0 (SoakPod, 1);
  g_autofree char *escaped = g_strdup (uid);
  g_auto (GStrv) parts = g_strsplit (escaped, "-", -1);
  g_autofree char *encoded = g_strjoinv ("_2d", parts);

  self->uid = g_strdup (uid);
  self->object = g_strconcat ("/org/example/NodeCgroups/pod/", encoded, NULL);
  self->containers = g_ptr_array_new_with_free_func (container_free);
  return self;
}

void
soak_pod_free (gpointer data)
{
  SoakPod *self = data;

  g_ptr_array_unref (self->containers);
  soak_spec_clear (&self->spec);
  g_free (self->uid);
  g_free (self->object);
  g_free (self->slice);
  g_free (self->cgroup);
  g_free (self);
}

void
soak_pod_set_names (SoakPod *self)
{
  static const char *const classes[N_CLASSES] = { "", "burstable", "besteffort" };
  const char *class = classes[self->spec.qos];
  const char *dash = class[0] != '\0' ? "-" : "";
  g_autofree char *name = g_strdelimit (g_strdup (self->uid), "-", '_');
  g_autofree char *parent = class[0] != '\0' ? g_strdup_printf ("/machine-%s.slice", class) : NULL;

  g_free (self->slice);
  g_free (self->cgroup);
  self->slice = g_strdup_printf ("machine%s%s-pod%s.slice", dash, class, name);
  self->cgroup = g_strdup_printf ("/machine.slice%s/%s", parent != NULL ? parent : "", self->slice);
}

void
soak_pod_removed (SoakPod *self)
{
  self->exists = FALSE;
  g_ptr_array_set_size (self->containers, 0);
}

SoakContainer *
soak_pod_add_container (SoakPod *self, GRand *rand, gboolean is_held)
{
  SoakContainer *container = g_new0 (SoakContainer, 1);

  container->name = g_strdup_printf ("c%u", self->n_names++);
  container->options = soak_spec_choose_options (rand);
  container->is_held = is_held;
  container->processes = g_ptr_array_new_with_free_func (soak_process_free);
  g_ptr_array_add (self->containers, container);
  return container;
}

SoakContainer *
soak_pod_choose_container (const SoakPod *self, GRand *rand, gboolean has_ended)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();

  for (guint i = 0; i < self->containers->len; i++) {
    SoakContainer *container = g_ptr_array_index (self->containers, i);

    if (soak_container_is_there (container) != has_ended)
      g_ptr_array_add (found, container);
  }
  if (found->len == 0)
    return NULL;
  return g_ptr_array_index (found, (guint) g_rand_int_range (rand, 0, (gint32) found->len));
}

guint
soak_pod_count_containers (const SoakPod *self)
{
  guint n = 0;

  for (guint i = 0; i < self->containers->len; i++)
    n += soak_container_is_there (g_ptr_array_index (self->containers, i)) ? 1 : 0;
  return n;
}

guint
soak_pod_count_processes (const SoakPod *self)
{
  guint n = 0;

  for (guint i = 0; i < self->containers->len; i++)
    n += ((SoakContainer *) g_ptr_array_index (self->containers, i))->processes->len;
  return n;
}

/* Whether @path is @top or below it. */
static gboolean
is_below (const char *path, const char *top)
{
  gsize length = strlen (top);

  return g_str_has_prefix (path, top) && (path[length] == '\0' || path[length] == '/');
}

/* The cgroup in which a process of the pod has to be at least, where @controllers are. */
static const char *
find_least (const SoakPod *self, const char *controllers)
{
  static const struct {
    const char *controller, *key;
  } limits[] = { { "pids", "PidsLimit" }, { "memory", "MemoryLimit" }, { "cpu", "CPULimit" } };
  g_auto (GStrv) names = g_strsplit (controllers, ",", -1);

  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    if (g_strv_contains ((const char *const *) names, limits[i].controller) &&
        soak_spec_get (&self->spec, limits[i].key) > 0)
      return self->cgroup;
  return "";
}

char *
soak_pod_check_process (const SoakPod *self,
                        const SoakContainer *container,
                        const SoakProcess *process)
{
  g_autofree char *text = soak_process_read_cgroups (process);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (text), "\n", -1);

  for (char **line = lines; *line != NULL; line++) {
    g_auto (GStrv) fields = g_strsplit (*line, ":", 3);
    gboolean is_exact, ok;

    if (g_strv_length (fields) != 3)
      break;
    is_exact = g_str_equal (fields[1], "name=systemd") ||
               (fields[1][0] == '\0' && strstr (text, "name=systemd") == NULL);
    ok = is_exact ? g_str_equal (fields[2], container->cgroup)
                  : (g_str_equal (fields[2], "/") || is_below (container->cgroup, fields[2])) &&
                        is_below (fields[2], find_least (self, fields[1]));
    if (!ok)
      return g_strdup_printf ("process %d of container %s of pod %s, which is %s, is in '%s'",
                              (int) process->pid, container->name, self->uid, container->cgroup,
                              *line);
  }
  return lines[0] == NULL ? g_strdup_printf ("process %d of container %s of pod %s is gone",
                                             (int) process->pid, container->name, self->uid)
                          : NULL;
}
