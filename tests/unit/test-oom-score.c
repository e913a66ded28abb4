/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * oom_score_adj: of real children, in the real procfs and in one that is made up.
 */
#include "lib/oom-score.h"

#include "lib/error.h"
#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char *proc;
  pid_t child;
  NcgProcess *process;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->proc = temp_dir_new ();
  fixture->child = child_start ();
  fixture->process = ncg_process_open ("/proc", fixture->child, &error);
  g_assert_no_error (error);
}

static void
end_child (Fixture *fixture)
{
  g_assert_cmpint (kill (fixture->child, SIGKILL), ==, 0);
  child_wait_killed (fixture->child, SIGKILL);
  fixture->child = 0;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  if (fixture->child != 0)
    end_child (fixture);
  ncg_process_close (fixture->process);
  temp_dir_free (fixture->proc);
}

static void
write_score (Fixture *fixture, const char *text)
{
  g_autofree char *path = g_strdup_printf ("%d/oom_score_adj", (int) fixture->process->pid);

  temp_dir_write (fixture->proc, path, text);
}

static char *
read_score (Fixture *fixture)
{
  g_autofree char *path =
      g_strdup_printf ("%s/%d/oom_score_adj", fixture->proc, (int) fixture->process->pid);
  char *text;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

/* A higher score needs no right. */
static void
test_kernel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  int score = -1;

  g_assert_true (ncg_oom_score_write (fixture->process, "/proc", 1000, &error));
  g_assert_no_error (error);
  g_assert_true (ncg_oom_score_read (fixture->process, "/proc", &score, &error));
  g_assert_no_error (error);
  g_assert_cmpint (score, ==, 1000);
}

static void
test_texts (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *text;
    gboolean is_fine;
    int score;
  } cases[] = {
    { "0\n", TRUE, 0 },       { "-999\n", TRUE, -999 }, { "-1000", TRUE, -1000 },
    { "1000\n", TRUE, 1000 }, { "1001\n", FALSE, 0 },   { "-1001\n", FALSE, 0 },
    { "\n", FALSE, 0 },       { "", FALSE, 0 },         { "many\n", FALSE, 0 },
    { "10 11\n", FALSE, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    int score = 0;

    write_score (fixture, cases[i].text);
    g_assert_cmpint (ncg_oom_score_read (fixture->process, fixture->proc, &score, &error), ==,
                     cases[i].is_fine);
    g_assert_cmpint (score, ==, cases[i].score);
    if (!cases[i].is_fine)
      g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  }
}

static void
test_write (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;

  write_score (fixture, "1000\n");
  g_assert_true (ncg_oom_score_write (fixture->process, fixture->proc, -999, &error));
  g_assert_no_error (error);
  after = read_score (fixture);
  g_assert_cmpstr (after, ==, "-999");
}

static void
test_range (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;

  write_score (fixture, "7\n");
  g_assert_false (ncg_oom_score_write (fixture->process, fixture->proc, -1001, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (ncg_oom_score_write (fixture->process, fixture->proc, 1001, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  after = read_score (fixture);
  g_assert_cmpstr (after, ==, "7\n");
}

/* The directory stands for another process that has the number now: the pidfd knows better. */
static void
test_reused_number (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;
  int score = 7;

  write_score (fixture, "5\n");
  end_child (fixture);
  g_assert_false (ncg_oom_score_write (fixture->process, fixture->proc, -999, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
  g_clear_error (&error);
  g_assert_false (ncg_oom_score_read (fixture->process, fixture->proc, &score, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
  g_assert_cmpint (score, ==, 7);
  after = read_score (fixture);
  g_assert_cmpstr (after, ==, "5\n");
}

static void
test_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_oom_score_write (fixture->process, fixture->proc, 1, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
}

/* As who may not: in a child that has given its rights up. */
static void
test_not_allowed (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NcgProcess) self = NULL;

    if (getuid () == 0)
      g_assert_cmpint (setresuid (65534, 65534, 65534), ==, 0);
    self = ncg_process_open ("/proc", getpid (), &error);
    g_assert_no_error (error);
    g_assert_false (ncg_oom_score_write (self, "/proc", -1000, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED);
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

#define TEST(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("/oom-score/kernel", test_kernel);
  TEST ("/oom-score/texts", test_texts);
  TEST ("/oom-score/write", test_write);
  TEST ("/oom-score/range", test_range);
  TEST ("/oom-score/reused-number", test_reused_number);
  TEST ("/oom-score/gone", test_gone);
  g_test_add_func ("/oom-score/not-allowed", test_not_allowed);
  return g_test_run ();
}
