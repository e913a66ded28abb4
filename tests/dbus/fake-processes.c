/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of the fake machine, and the files that say where they are.
 */
#include "tests/dbus/fake-processes.h"

#include "tests/dbus/fake-file.h"
#include "tests/dbus/fake-process.h"
#include "tests/dbus/fake-thread.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In front of the numbers in cgroup.procs, so that a write at its start hits none of them. Empty
 * lines are no processes. */
#define ROOM_TO_WRITE "\n\n\n\n\n\n\n\n\n\n\n\n"

struct FakeProcesses {
  char *root;
  char *mount;
  GMainContext *context;
  GHashTable *places;  /* pid → Place */
  GHashTable *cgroups; /* path → watch descriptor */
  int inotify;
  GSource *source;
  gboolean is_barred; /* cgroup.procs takes nothing from others */
  FakeProcessesEmptied emptied;
  gpointer user_data;
};

typedef struct {
  pid_t pid;
  FakeProcess *process;
  char *cgroup;
  gboolean has_ended;
  gboolean is_immortal;
} Place;

static char *
cgroup_file (const FakeProcesses *self, const char *cgroup, const char *file)
{
  return g_strconcat (self->mount, cgroup, "/", file, NULL);
}

static gboolean
is_inside (const Place *place, const char *of)
{
  gsize length = g_str_equal (of, "/") ? 0 : strlen (of);

  return !place->has_ended && strncmp (place->cgroup, of, length) == 0 &&
         (place->cgroup[length] == '\0' || place->cgroup[length] == '/');
}

static guint
count (const FakeProcesses *self, const char *cgroup)
{
  GHashTableIter iter;
  gpointer place;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->places);
  while (g_hash_table_iter_next (&iter, NULL, &place))
    n += is_inside (place, cgroup) ? 1 : 0;
  return n;
}

static void
write_procs (const FakeProcesses *self, const char *cgroup)
{
  g_autofree char *path = cgroup_file (self, cgroup, "cgroup.procs");
  g_autoptr (GString) text = g_string_new (ROOM_TO_WRITE);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->places);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Place *place = value;

    if (!place->has_ended && g_str_equal (place->cgroup, cgroup))
      g_string_append_printf (text, "%d\n", (int) place->pid);
  }
  fake_file_write (path, text->str);
  if (self->is_barred)
    g_assert_cmpint (g_chmod (path, 0444), ==, 0);
}

static void
write_counts (const FakeProcesses *self, const char *cgroup)
{
  g_autofree char *events = cgroup_file (self, cgroup, "cgroup.events");
  g_autofree char *current = cgroup_file (self, cgroup, "pids.current");
  guint n = count (self, cgroup);
  g_autofree char *number = g_strdup_printf ("%u\n", n);

  fake_file_write (events, n > 0 ? "populated 1\nfrozen 0\n" : "populated 0\nfrozen 0\n");
  if (g_file_test (current, G_FILE_TEST_EXISTS))
    fake_file_write (current, number);
}

/* The files of @cgroup and of those above it. */
static void
write_files (const FakeProcesses *self, const char *cgroup)
{
  g_autofree char *path = g_strdup (cgroup);

  if (g_hash_table_contains (self->cgroups, cgroup))
    write_procs (self, cgroup);
  while (!g_str_equal (path, "/")) {
    char *parent = g_path_get_dirname (path);

    if (g_hash_table_contains (self->cgroups, path))
      write_counts (self, path);
    g_free (path);
    path = parent;
  }
}

static void
left (FakeProcesses *self, const char *cgroup)
{
  write_files (self, cgroup);
  if (count (self, cgroup) == 0 && self->emptied != NULL)
    self->emptied (cgroup, self->user_data);
}

static gboolean
move (FakeProcesses *self, pid_t pid, const char *cgroup)
{
  Place *place = g_hash_table_lookup (self->places, GINT_TO_POINTER (pid));
  g_autofree char *before = NULL;

  if (place == NULL || place->has_ended)
    return FALSE;
  before = g_steal_pointer (&place->cgroup);
  place->cgroup = g_strdup (cgroup);
  write_files (self, cgroup);
  if (!g_str_equal (before, cgroup))
    left (self, before);
  return TRUE;
}

static void
kill_all (FakeProcesses *self, const char *cgroup)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->places);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Place *place = value;

    if (is_inside (place, cgroup) && !place->is_immortal)
      kill (place->pid, SIGKILL);
  }
}

/* What somebody else wrote to the files of @cgroup has its effect. */
static void
settle (FakeProcesses *self, const char *cgroup)
{
  g_autofree char *procs = cgroup_file (self, cgroup, "cgroup.procs");
  g_autofree char *kill = cgroup_file (self, cgroup, "cgroup.kill");
  g_autofree char *written = fake_file_read (procs);
  g_autofree char *killed = fake_file_read (kill);
  pid_t pid = written != NULL ? (pid_t) g_ascii_strtoll (written, NULL, 10) : 0;

  if (written != NULL && written[0] != '\n' && !move (self, pid, cgroup))
    write_procs (self, cgroup);
  if (killed != NULL && killed[0] == '1') {
    fake_file_write (kill, "");
    kill_all (self, cgroup);
  }
}

static void
settle_all (FakeProcesses *self)
{
  g_autoptr (GPtrArray) cgroups = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer path;

  g_hash_table_iter_init (&iter, self->cgroups);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    g_ptr_array_add (cgroups, g_strdup (path));
  for (guint i = 0; i < cgroups->len; i++)
    if (g_hash_table_contains (self->cgroups, g_ptr_array_index (cgroups, i)))
      settle (self, g_ptr_array_index (cgroups, i));
}

/* (transfer full) (nullable) */
static char *
find_watched (const FakeProcesses *self, int descriptor)
{
  GHashTableIter iter;
  gpointer path, value;

  g_hash_table_iter_init (&iter, self->cgroups);
  while (g_hash_table_iter_next (&iter, &path, &value))
    if (GPOINTER_TO_INT (value) == descriptor)
      return g_strdup (path);
  return NULL;
}

static void
handle_event (FakeProcesses *self, const struct inotify_event *event)
{
  g_autofree char *cgroup = NULL;

  if (event->len == 0 ||
      (!g_str_equal (event->name, "cgroup.procs") && !g_str_equal (event->name, "cgroup.kill")))
    return;
  cgroup = find_watched (self, event->wd);
  if (cgroup != NULL)
    settle (self, cgroup);
}

static gboolean
on_inotify (int fd, GIOCondition condition, gpointer user_data)
{
  char buffer[16384] __attribute__ ((aligned (__alignof__(struct inotify_event))));
  ssize_t n = read (fd, buffer, sizeof buffer);
  const struct inotify_event *event;

  for (const char *at = buffer; n > 0 && at < buffer + n; at += sizeof *event + event->len) {
    event = (const struct inotify_event *) at;
    handle_event (user_data, event);
  }
  return G_SOURCE_CONTINUE;
}

void
fake_processes_add_cgroup (FakeProcesses *self, const char *cgroup)
{
  g_autofree char *directory = g_strconcat (self->mount, cgroup, NULL);
  g_autofree char *kill = cgroup_file (self, cgroup, "cgroup.kill");
  int watch;

  fake_file_write (kill, "");
  g_hash_table_insert (self->cgroups, g_strdup (cgroup), NULL);
  write_files (self, cgroup);
  watch = inotify_add_watch (self->inotify, directory, IN_MODIFY);
  g_assert_cmpint (watch, >, 0);
  g_hash_table_insert (self->cgroups, g_strdup (cgroup), GINT_TO_POINTER (watch));
}

void
fake_processes_drop_cgroup (FakeProcesses *self, const char *cgroup)
{
  int watch = GPOINTER_TO_INT (g_hash_table_lookup (self->cgroups, cgroup));

  if (watch > 0)
    inotify_rm_watch (self->inotify, watch);
  g_hash_table_remove (self->cgroups, cgroup);
}

static char *
find_cgroup (pid_t pid, gpointer user_data)
{
  FakeProcesses *self = user_data;
  const Place *place;

  settle_all (self);
  place = g_hash_table_lookup (self->places, GINT_TO_POINTER (pid));
  return g_strdup (place != NULL ? place->cgroup : "/");
}

static void
on_ended (pid_t pid, gpointer user_data)
{
  FakeProcesses *self = user_data;
  Place *place = g_hash_table_lookup (self->places, GINT_TO_POINTER (pid));
  g_autofree char *cgroup = NULL;

  if (place == NULL || place->has_ended || place->is_immortal)
    return;
  /* Who has come meanwhile counts. */
  settle_all (self);
  cgroup = g_strdup (place->cgroup);
  place->has_ended = TRUE;
  left (self, cgroup);
}

void
fake_processes_add (FakeProcesses *self, pid_t pid, const char *cgroup)
{
  static const FakeProcessListener listener = {
    .find_cgroup = find_cgroup,
    .ended = on_ended,
  };
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  Place *place = g_new0 (Place, 1);

  place->pid = pid;
  place->cgroup = g_strdup (cgroup);
  place->process = fake_process_new (self->root, pid, self->context, &listener, self);
  g_hash_table_insert (self->places, GINT_TO_POINTER (pid), place);
  write_files (self, cgroup);
}

/* A descriptor that it would keep is one whose other end waits for its end. */
static void
sleep_without_descriptors (void)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  syscall (__NR_close_range, 0u, ~0u, 0u);
  for (;;)
    pause ();
}

pid_t
fake_processes_start (FakeProcesses *self, const char *cgroup)
{
  pid_t pid = fork ();

  if (pid == 0)
    sleep_without_descriptors ();
  g_assert_cmpint (pid, >, 0);
  fake_processes_add (self, pid, cgroup);
  return pid;
}

void
fake_processes_drop (FakeProcesses *self, pid_t pid)
{
  Place *place;

  fake_lock ();
  place = g_hash_table_lookup (self->places, GINT_TO_POINTER (pid));
  g_assert_nonnull (place);
  g_hash_table_remove (self->places, GINT_TO_POINTER (pid));
  if (!place->has_ended)
    left (self, place->cgroup);
  fake_unlock ();
  fake_process_free (place->process);
  g_free (place->cgroup);
  g_free (place);
}

void
fake_processes_bar (FakeProcesses *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  GHashTableIter iter;
  gpointer path;

  self->is_barred = TRUE;
  g_hash_table_iter_init (&iter, self->cgroups);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    write_procs (self, path);
}

void
fake_processes_make_immortal (FakeProcesses *self, pid_t pid)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  Place *place = g_hash_table_lookup (self->places, GINT_TO_POINTER (pid));

  place->is_immortal = TRUE;
}

gboolean
fake_processes_move (FakeProcesses *self, pid_t pid, const char *cgroup)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  return move (self, pid, cgroup);
}

char *
fake_processes_get_cgroup (FakeProcesses *self, pid_t pid)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  return find_cgroup (pid, self);
}

guint
fake_processes_count (FakeProcesses *self, const char *cgroup)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  return count (self, cgroup);
}

void
fake_processes_end (FakeProcesses *self, const char *cgroup)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  GHashTableIter iter;
  gpointer value;

  kill_all (self, cgroup);
  g_hash_table_iter_init (&iter, self->places);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Place *place = value;

    place->has_ended = place->has_ended || is_inside (place, cgroup);
  }
  write_files (self, cgroup);
}

void
fake_processes_set_emptied (FakeProcesses *self, FakeProcessesEmptied emptied, gpointer user_data)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  self->emptied = emptied;
  self->user_data = user_data;
}

FakeProcesses *
fake_processes_new (const char *root, GMainContext *context)
{
  FakeProcesses *self = g_new0 (FakeProcesses, 1);

  /* A reader that goes away is no reason to end. */
  signal (SIGPIPE, SIG_IGN);
  self->root = g_strdup (root);
  self->mount = g_strconcat (root, "/sys/fs/cgroup", NULL);
  self->context = context;
  self->places = g_hash_table_new (NULL, NULL);
  self->cgroups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->inotify = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  g_assert_cmpint (self->inotify, >=, 0);
  self->source = g_unix_fd_source_new (self->inotify, G_IO_IN);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_inotify), self, NULL);
  g_source_attach (self->source, context);
  return self;
}

void
fake_processes_free (FakeProcesses *self)
{
  g_autoptr (GList) pids = NULL;

  fake_processes_set_emptied (self, NULL, NULL);
  pids = g_hash_table_get_keys (self->places);
  for (GList *link = pids; link != NULL; link = link->next)
    fake_processes_drop (self, GPOINTER_TO_INT (link->data));
  fake_lock ();
  g_source_destroy (self->source);
  g_source_unref (self->source);
  fake_unlock ();
  close (self->inotify);
  g_hash_table_unref (self->places);
  g_hash_table_unref (self->cgroups);
  g_free (self->mount);
  g_free (self->root);
  g_free (self);
}
