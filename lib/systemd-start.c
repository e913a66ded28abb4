/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a transient unit.
 *
 * A call whose reply was lost may have been carried out. Therefore it can be sent again: a unit
 * with our description is ours, is given the properties once more, and is taken.
 */
#include "lib/systemd-start.h"

#include "lib/cgroup-look.h"
#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/process.h"
#include "lib/systemd-existing.h"
#include "lib/systemd-path.h"
#include "lib/systemd-retry.h"
#include "lib/unit-properties.h"

#include <string.h>

#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"
/* Those of the unit, and those of its type with what it has as a cgroup. */
#define ALL_INTERFACES ""
/* So many processes a scope is started around; whoever asked moves the others into it. The kernel
 * passes no more than 253 descriptors in a message (SCM_MAX_FD), and a dbus-daemon, where one is
 * between, 16. */
#define MOST_PROCESSES 16
/* After each of so many pauses, of a second together, systemd is made to look again. */
#define LOOKS_WAITS 100
/* After so many it should have been collected. */
#define LOOKS_PROCESSES 2

/* One unit on its way to being there. */
typedef struct {
  NcgSystemd *systemd;
  gboolean *without_pidfds;
  gboolean has_sent_pidfds; /* others may have found out meanwhile that it does not know them */
  char *proc;
  const NcgTree *tree;
  char *unit;
  char *description;
  GVariant *properties;
  GVariant *fixed;
  GVariant *existing; /* (nullable): what systemd says of a unit of ours that was there: a{sv} */
  GVariant *again;    /* (nullable): what it is given once more: properties, with less in it */
  char *refused;      /* (nullable): of these, what is compared with what it has */
  GPtrArray *processes;
  gboolean adopt;
  gboolean is_held;
  guint n_waits; /* for an ended unit to go */
  gint64 deadline;
  NcgDriverStarted started;
  gpointer user_data;
  char *predicted; /* (nullable) */
} Start;

static void start_transient (GTask *task);
static void fetch_control_group (GTask *task);
static void send_again (GTask *task);

static gboolean
on_retry_start (gpointer user_data)
{
  start_transient (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_retry_fetch (gpointer user_data)
{
  fetch_control_group (user_data);
  return G_SOURCE_REMOVE;
}

static void
start_free (Start *start)
{
  g_free (start->proc);
  g_free (start->unit);
  g_free (start->description);
  g_free (start->predicted);
  g_variant_unref (start->properties);
  g_variant_unref (start->fixed);
  g_clear_pointer (&start->existing, g_variant_unref);
  g_clear_pointer (&start->again, g_variant_unref);
  g_free (start->refused);
  g_clear_pointer (&start->processes, g_ptr_array_unref);
  g_free (start);
}

static gboolean
is_leaf (const Start *start)
{
  return start->processes != NULL;
}

static void
call_unit (
    GTask *task, const char *method, GVariant *arguments, gboolean job, GAsyncReadyCallback done)
{
  Start *start = g_task_get_task_data (task);

  ncg_systemd_call_async (start->systemd, NULL, NULL, method, arguments, NULL,
                          job ? NCG_SYSTEMD_CALL_WAIT_FOR_JOB : NCG_SYSTEMD_CALL_NONE,
                          start->deadline, done, g_object_ref (task));
}

static void
get_property (GTask *task, const char *interface, const char *name, GAsyncReadyCallback done)
{
  Start *start = g_task_get_task_data (task);
  g_autofree char *path = ncg_systemd_unit_path (start->unit);

  ncg_systemd_call_async (
      start->systemd, path, PROPERTIES_INTERFACE, name != NULL ? "Get" : "GetAll",
      name != NULL ? g_variant_new ("(ss)", interface, name) : g_variant_new ("(s)", interface),
      NULL, NCG_SYSTEMD_CALL_NONE, start->deadline, done, g_object_ref (task));
}

/* With cgroups of systemd's on v1 the news that a cgroup is empty come by a program that the kernel
 * starts, and may be of an earlier one of the name: then systemd takes a new scope for ended. */
static gboolean
is_taken_for_ended (const Start *start)
{
  for (guint i = 0; is_leaf (start) && i < start->processes->len; i++)
    if (ncg_process_is_ending (g_ptr_array_index (start->processes, i), start->proc))
      return FALSE;
  return is_leaf (start) && g_get_monotonic_time () < start->deadline;
}

static void
on_control_group (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Start *start = g_task_get_task_data (task);
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply == NULL && g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED)) {
    ncg_systemd_retry_later (task, on_retry_fetch);
    return;
  }
  if (reply == NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  g_variant_get (reply, "(v)", &value);
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ||
      g_variant_get_string (value, NULL)[0] != '/') {
    if (is_taken_for_ended (start)) {
      ncg_systemd_retry_later (task, on_retry_start);
      return;
    }
    /* A scope whose processes all ended has none any more. */
    g_task_return_new_error (task, NCG_ERROR,
                             is_leaf (start) ? NCG_ERROR_NO_SUCH_PROCESS : NCG_ERROR_SYSTEMD_FAILED,
                             "systemd started %s, but it has no cgroup any more", start->unit);
    return;
  }
  g_task_return_pointer (task, ncg_place_new (start->unit, g_variant_get_string (value, NULL)),
                         (GDestroyNotify) ncg_place_free);
}

static void
fetch_control_group (GTask *task)
{
  Start *start = g_task_get_task_data (task);

  get_property (task, ncg_systemd_unit_interface (start->unit), "ControlGroup", on_control_group);
}

/* Only what got lost is sent again. */
static gboolean
retry_if_lost (GTask *task, const GError *error)
{
  if (!g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED))
    return FALSE;
  ncg_systemd_retry_later (task, on_retry_start);
  return TRUE;
}

static void
on_existing_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Start *start = g_task_get_task_data (task);
  g_autofree char *name = g_steal_pointer (&start->refused);
  g_autoptr (GVariant) before = NULL;
  g_autoptr (GError) error = NULL;

  if (ncg_systemd_existing_check_finish (result, &error)) {
    before = start->again;
    start->again = ncg_unit_properties_without (before, name);
    send_again (task);
  } else if (!retry_if_lost (task, error)) {
    g_task_return_error (task, g_steal_pointer (&error));
  }
}

/* What only StartTransientUnit takes, a unit of ours has from there, unless systemd does not know
 * the property at all: all of these can be read. Then it need not be said, if it is the same. */
static gboolean
check_existing (GTask *task, const GError *error)
{
  Start *start = g_task_get_task_data (task);
  g_autofree char *name = ncg_unit_properties_parse_refused (error);
  g_autoptr (GVariant) entries =
      name != NULL ? ncg_unit_properties_find (start->again, name) : NULL;
  g_autoptr (GVariant) has = entries != NULL && start->existing != NULL
                                 ? g_variant_lookup_value (start->existing, name, NULL)
                                 : NULL;

  if (has == NULL)
    return FALSE;
  start->refused = g_steal_pointer (&name);
  ncg_systemd_existing_check_async (start->systemd, start->unit, start->existing, entries,
                                    start->deadline, on_existing_checked, g_object_ref (task));
  return TRUE;
}

/* systemd has made the cgroup before it answers. */
static gboolean
is_made (const Start *start)
{
  return start->is_held && start->existing == NULL && start->predicted != NULL &&
         ncg_cgroup_may_be_there (start->tree, start->predicted);
}

static void
return_place (GTask *task, const char *cgroup)
{
  const Start *start = g_task_get_task_data (task);

  g_task_return_pointer (task, ncg_place_new (start->unit, cgroup),
                         (GDestroyNotify) ncg_place_free);
}

static void
on_properties_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Start *start = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply != NULL && is_made (start))
    return_place (task, start->predicted);
  else if (reply != NULL)
    fetch_control_group (task);
  else if (!check_existing (task, error) && !retry_if_lost (task, error))
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
send_again (GTask *task)
{
  Start *start = g_task_get_task_data (task);

  call_unit (task, "SetUnitProperties",
             g_variant_new ("(sb@a(sv))", start->unit, TRUE, start->again), FALSE,
             on_properties_set);
}

static void
set_properties (GTask *task)
{
  Start *start = g_task_get_task_data (task);

  g_clear_pointer (&start->again, g_variant_unref);
  /* One that was made just now has them, and among them may be what only StartTransientUnit takes.
   */
  if (start->is_held && start->existing == NULL)
    start->again =
        g_variant_ref_sink (g_variant_new_parsed ("[('Description', <%s>)]", start->description));
  else
    start->again = ncg_unit_properties_replace (start->properties);
  send_again (task);
}

static void
on_existing_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply != NULL)
    set_properties (task);
  else if (!retry_if_lost (task, error))
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
reset_failed (const Start *start, const char *unit)
{
  ncg_systemd_call_async (start->systemd, NULL, NULL, "ResetFailedUnit",
                          g_variant_new ("(s)", unit), NULL, NCG_SYSTEMD_CALL_NONE, start->deadline,
                          NULL, NULL);
}

/* systemd looks whether a unit can go when something is done about it, and where cgroups are its
 * own on v1 nothing is done any more about a scope that still had a process when it looked.
 * Stopping it ends nothing: a leaf of this name is nobody's but ours. */
static void
have_looked_at (Start *start)
{
  if (is_leaf (start) && start->existing != NULL && ++start->n_waits % LOOKS_WAITS == 0)
    ncg_systemd_call_async (start->systemd, NULL, NULL, "StopUnit",
                            g_variant_new ("(ss)", start->unit, "replace"), NULL,
                            NCG_SYSTEMD_CALL_NONE, start->deadline, NULL, NULL);
}

/* systemd does not collect it then, whatever one waits. Not at first: processes that end are there
 * for a moment after systemd has heard of it. */
static gboolean
is_kept_by_processes (const Start *start)
{
  g_autoptr (NcgCgroup) cgroup = NULL;
  gboolean populated = FALSE;

  if (!is_leaf (start) || start->existing == NULL || start->n_waits < LOOKS_PROCESSES)
    return FALSE;
  cgroup = ncg_cgroup_open (start->tree->mount, start->predicted, NULL);
  return cgroup != NULL && ncg_cgroup_is_populated (cgroup, &populated, NULL) && populated;
}

/* A unit that has ended stays loaded until systemd collects it; its name is free only then. An
 * ended slice stays for as long as a unit that failed in it, a runtime's scope that was killed for
 * want of memory, is remembered. */
static void
wait_for_collection (GTask *task, GVariant *unit)
{
  Start *start = g_task_get_task_data (task);
  g_autoptr (GVariant) others = g_variant_lookup_value (unit, "RequiredBy", G_VARIANT_TYPE ("as"));

  if (g_get_monotonic_time () >= start->deadline) {
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_TIMEOUT,
                             "systemd still has an ended unit %s loaded; see 'systemctl status %s'",
                             start->unit, start->unit);
    return;
  }
  if (is_kept_by_processes (start)) {
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_BUSY,
                             "%s has ended, but there are processes in its cgroup", start->unit);
    return;
  }
  reset_failed (start, start->unit);
  have_looked_at (start);
  for (gsize i = 0; others != NULL && i < g_variant_n_children (others); i++) {
    const char *other;

    g_variant_get_child (others, i, "&s", &other);
    reset_failed (start, other);
  }
  ncg_systemd_retry_later (task, on_retry_start);
}

static gboolean
has_drop_in (GVariant *unit)
{
  g_autoptr (GVariant) paths = g_variant_lookup_value (unit, "DropInPaths", G_VARIANT_TYPE ("as"));

  for (gsize i = 0; paths != NULL && i < g_variant_n_children (paths); i++) {
    const char *path;

    g_variant_get_child (paths, i, "&s", &path);
    if (path[0] != '\0')
      return TRUE;
  }
  return FALSE;
}

/* One that has a file, or a piece of one, was not made by a call, and does not go away by waiting;
 * nor does one that is masked. */
static gboolean
is_installed (GVariant *unit)
{
  const char *fragment = "";
  const char *load_state = "";
  gboolean is_transient = FALSE;

  g_variant_lookup (unit, "FragmentPath", "&s", &fragment);
  g_variant_lookup (unit, "LoadState", "&s", &load_state);
  g_variant_lookup (unit, "Transient", "b", &is_transient);
  return !is_transient &&
         (fragment[0] != '\0' || has_drop_in (unit) || g_str_equal (load_state, "masked"));
}

static void
decide_on_existing (GTask *task, GVariant *unit)
{
  Start *start = g_task_get_task_data (task);
  const char *state = "";
  const char *description = "";
  gboolean is_active;
  gboolean is_ours;

  g_variant_lookup (unit, "ActiveState", "&s", &state);
  g_variant_lookup (unit, "Description", "&s", &description);
  is_active = g_str_equal (state, "active");
  g_clear_pointer (&start->existing, g_variant_unref);
  if (g_str_equal (description, start->description))
    start->existing = g_variant_ref (unit);
  is_ours = start->adopt || start->existing != NULL;
  if (is_active && is_ours && !is_leaf (start))
    set_properties (task);
  else if (is_active && is_ours)
    fetch_control_group (task);
  else if (is_active || (!is_ours && is_installed (unit)))
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_UNIT_EXISTS,
                             "there is a unit %s that was not made here ('%s')%s", start->unit,
                             description, is_active ? "" : ": it does not run, but is installed");
  else if (start->adopt)
    call_unit (task, "StartUnit", g_variant_new ("(ss)", start->unit, "replace"), TRUE,
               on_existing_started);
  else
    wait_for_collection (task, unit);
}

static void
on_existing (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  g_autoptr (GVariant) all = NULL;

  if (reply == NULL) {
    if (!retry_if_lost (task, error))
      g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  g_variant_get (reply, "(@a{sv})", &all);
  decide_on_existing (task, all);
}

/* Where the kernel has the first process that is in the unit: it knows sooner than systemd answers.
 */
static char *
find_leaf (const Start *start)
{
  for (guint i = 0; i < start->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (start->processes, i);
    g_autofree char *cgroup = ncg_process_read_cgroup (process, start->proc, start->tree, NULL);
    g_autofree char *name = cgroup != NULL ? g_path_get_basename (cgroup) : NULL;

    if (g_strcmp0 (name, start->unit) == 0)
      return g_steal_pointer (&cgroup);
  }
  return NULL;
}

/* (transfer full) (nullable): of a leaf where its processes are, of a group where its owner has
 * found it */
static char *
look_for_cgroup (const Start *start)
{
  if (is_leaf (start))
    return find_leaf (start);
  return start->started != NULL && start->started (start->user_data) ? g_strdup (start->predicted)
                                                                     : NULL;
}

static void
on_running (GTask *task)
{
  Start *start = g_task_get_task_data (task);
  g_autofree char *cgroup = look_for_cgroup (start);

  if (cgroup != NULL) {
    return_place (task, cgroup);
    return;
  }
  g_clear_pointer (&start->existing, g_variant_unref);
  /* What ran is over, and its cgroup is pruned; being given properties, the unit has one again. */
  if (start->is_held)
    set_properties (task);
  else
    fetch_control_group (task);
}

static void
on_transient_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Start *start = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply != NULL) {
    on_running (task);
  } else if (g_error_matches (error, NCG_ERROR, NCG_ERROR_UNIT_EXISTS)) {
    get_property (task, ALL_INTERFACES, NULL, on_existing);
  } else if (g_error_matches (error, NCG_ERROR, NCG_ERROR_UNKNOWN_PROPERTY) &&
             start->has_sent_pidfds && strstr (error->message, "PIDFDs") != NULL) {
    *start->without_pidfds = TRUE;
    start_transient (task);
  } else if (!retry_if_lost (task, error)) {
    g_task_return_error (task, g_steal_pointer (&error));
  }
}

/* Descriptors where systemd takes them, so that the number of a process that ended meanwhile cannot
 * put a stranger into the scope; else numbers. */
static GUnixFDList *
add_processes (GVariantBuilder *properties, const GPtrArray *processes, gboolean as_pidfds)
{
  g_autoptr (GUnixFDList) fds = as_pidfds ? g_unix_fd_list_new () : NULL;
  guint n = MIN (processes->len, MOST_PROCESSES);
  GVariantBuilder list;

  g_variant_builder_init (&list, as_pidfds ? G_VARIANT_TYPE ("ah") : G_VARIANT_TYPE ("au"));
  for (guint i = 0; i < n; i++) {
    const NcgProcess *process = g_ptr_array_index (processes, i);
    gint32 handle = as_pidfds ? g_unix_fd_list_append (fds, process->fd, NULL) : -1;

    if (!as_pidfds)
      g_variant_builder_add (&list, "u", (guint32) process->pid);
    else if (handle >= 0)
      g_variant_builder_add (&list, "h", handle);
  }
  ncg_unit_properties_add (properties, as_pidfds ? "PIDFDs" : "PIDs",
                           g_variant_builder_end (&list));
  return g_steal_pointer (&fds);
}

static void
start_transient (GTask *task)
{
  Start *start = g_task_get_task_data (task);
  g_autoptr (GUnixFDList) fds = NULL;
  GVariantBuilder properties;

  g_variant_builder_init (&properties, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add_all (&properties, start->fixed);
  ncg_unit_properties_add_all (&properties, start->properties);
  start->has_sent_pidfds = is_leaf (start) && !*start->without_pidfds;
  if (is_leaf (start))
    fds = add_processes (&properties, start->processes, start->has_sent_pidfds);
  ncg_systemd_call_async (
      start->systemd, NULL, NULL, "StartTransientUnit",
      g_variant_new ("(ssa(sv)@a(sa(sv)))", start->unit, "replace", &properties,
                     g_variant_new_array (G_VARIANT_TYPE ("(sa(sv))"), NULL, 0)),
      fds, NCG_SYSTEMD_CALL_WAIT_FOR_JOB, start->deadline, on_transient_started,
      g_object_ref (task));
}

void
ncg_systemd_start_async (NcgSystemd *systemd,
                         const NcgSystemdStart *what,
                         gint64 deadline_usec,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Start *start = g_new0 (Start, 1);

  start->systemd = systemd;
  start->without_pidfds = what->without_pidfds;
  start->proc = g_strdup (what->proc);
  start->tree = what->tree;
  start->unit = g_strdup (what->unit);
  start->description = g_strdup (what->description);
  start->properties = g_variant_ref_sink (what->properties);
  start->fixed = g_variant_ref_sink (what->fixed);
  if (what->processes != NULL)
    start->processes = g_ptr_array_ref ((GPtrArray *) what->processes);
  start->adopt = what->adopt;
  start->is_held = g_str_has_suffix (what->unit, ".service");
  start->deadline = deadline_usec;
  start->started = what->started;
  start->predicted = g_strdup (what->predicted);
  start->user_data = what->user_data;
  g_task_set_task_data (task, start, (GDestroyNotify) start_free);
  start_transient (task);
}

NcgPlace *
ncg_systemd_start_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
