/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One process of the fake machine.
 */
#include "tests/dbus/fake-process.h"

#include "tests/dbus/fake-file.h"
#include "tests/dbus/fake-thread.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct FakeProcess {
  FakeProcessListener listener;
  gpointer user_data;
  pid_t pid;
  int fd;
  char *directory;
  gboolean is_leaving;
  GSource *exit;
  GThread *thread;
};

static const char *const copied_files[] = { "comm", "oom_score_adj", "stat", "status" };

static char *
file_name (const FakeProcess *self, const char *file)
{
  return g_build_filename (self->directory, file, NULL);
}

static void
make_fifo (const FakeProcess *self)
{
  g_autofree char *path = file_name (self, "cgroup");
  g_autofree char *fresh = g_strconcat (path, ".new", NULL);

  g_assert_cmpint (mkfifo (fresh, 0644), ==, 0);
  g_assert_cmpint (g_rename (fresh, path), ==, 0);
}

/* Somebody waits for the answer; the next one finds another FIFO. */
static char *
prepare_answer (FakeProcess *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  g_autofree char *cgroup = self->listener.find_cgroup (self->pid, self->user_data);

  if (!self->is_leaving)
    make_fifo (self);
  return g_strdup_printf ("0::%s\n", cgroup);
}

static gboolean
is_leaving (const FakeProcess *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  return self->is_leaving;
}

static gpointer
answer_readers (gpointer data)
{
  FakeProcess *self = data;
  g_autofree char *path = file_name (self, "cgroup");

  while (!is_leaving (self)) {
    int fd = open (path, O_WRONLY | O_CLOEXEC);
    g_autofree char *answer = NULL;

    if (fd < 0)
      break;
    answer = prepare_answer (self);
    /* Who has asked may be gone. */
    if (write (fd, answer, strlen (answer)) < 0)
      g_assert_cmpint (errno, ==, EPIPE);
    close (fd);
  }
  return NULL;
}

/* A new reader finds no file; one who waits already is answered. */
static void
stop_answering (FakeProcess *self)
{
  g_autofree char *path = file_name (self, "cgroup");
  g_autofree char *hidden = g_strconcat (path, ".old", NULL);
  int reader;

  fake_lock ();
  self->is_leaving = TRUE;
  g_assert_cmpint (g_rename (path, hidden), ==, 0);
  fake_unlock ();
  reader = open (hidden, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  g_assert_cmpint (reader, >=, 0);
  g_thread_join (self->thread);
  close (reader);
  g_assert_cmpint (g_unlink (hidden), ==, 0);
}

static void
copy_file (const FakeProcess *self, const char *file)
{
  g_autofree char *from = g_strdup_printf ("/proc/%d/%s", (int) self->pid, file);
  g_autofree char *to = file_name (self, file);
  g_autofree char *text = fake_file_read (from);

  g_assert_nonnull (text);
  fake_file_write (to, text);
}

static gboolean
on_end (int fd, GIOCondition condition, gpointer user_data)
{
  FakeProcess *self = user_data;

  self->listener.ended (self->pid, self->user_data);
  return G_SOURCE_REMOVE;
}

FakeProcess *
fake_process_new (const char *root,
                  pid_t pid,
                  GMainContext *context,
                  const FakeProcessListener *listener,
                  gpointer user_data)
{
  FakeProcess *self = g_new0 (FakeProcess, 1);

  self->listener = *listener;
  self->user_data = user_data;
  self->pid = pid;
  self->fd = (int) syscall (SYS_pidfd_open, pid, 0);
  g_assert_cmpint (self->fd, >=, 0);
  self->directory = g_strdup_printf ("%s/proc/%d", root, (int) pid);
  g_assert_cmpint (g_mkdir (self->directory, 0755), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (copied_files); i++)
    copy_file (self, copied_files[i]);
  make_fifo (self);
  self->exit = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_callback (self->exit, G_SOURCE_FUNC (on_end), self, NULL);
  g_source_attach (self->exit, context);
  self->thread = g_thread_new ("fake-process", answer_readers, self);
  return self;
}

void
fake_process_free (FakeProcess *self)
{
  stop_answering (self);
  fake_lock ();
  g_source_destroy (self->exit);
  g_source_unref (self->exit);
  fake_unlock ();
  for (gsize i = 0; i < G_N_ELEMENTS (copied_files); i++) {
    g_autofree char *path = file_name (self, copied_files[i]);
    g_assert_cmpint (g_unlink (path), ==, 0);
  }
  g_assert_cmpint (g_rmdir (self->directory), ==, 0);
  close (self->fd);
  g_free (self->directory);
  g_free (self);
}
