/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Oom scores of services and slices.
 */
#include "daemon/oom-scores.h"

#include "tests/unit/node-rig.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KUBELET "kubelet.service"
#define SLICE "kubernetes.slice"
#define CGROUP "/kubernetes.slice/kubelet.service"

typedef struct {
  NodeRig rig;
  OomScores *scores;
  GString *drifts; /* "UNIT WANTED ACTUAL REPAIRED;" */
} Fixture;

static void
on_drift (const char *object,
          const char *setting,
          const char *wanted,
          const char *actual,
          gboolean repaired,
          gpointer user_data)
{
  Fixture *self = user_data;

  g_assert_cmpstr (setting, ==, "oom_score_adj");
  g_string_append_printf (self->drifts, "%s %s %s %d;", object, wanted, actual, repaired);
}

static void
add_score (Fixture *self, const char *unit, int score)
{
  ConfigOomScore *entry = g_new0 (ConfigOomScore, 1);

  entry->unit = g_strdup (unit);
  entry->score = score;
  g_ptr_array_add (self->rig.config->oom_scores, entry);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  node_rig_set_up (&self->rig);
  self->drifts = g_string_new (NULL);
  self->scores =
      oom_scores_new (&self->rig.manager, self->rig.services, self->rig.conditions, on_drift, self);
  g_ptr_array_set_size (self->rig.config->oom_scores, 0);
  add_score (self, KUBELET, -999);
  add_score (self, SLICE, -1000);
  oom_scores_set_config (self->scores, self->rig.config);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  oom_scores_free (self->scores);
  node_rig_tear_down (&self->rig);
  g_string_free (self->drifts, TRUE);
}

static void
change (Fixture *self, const char *unit, pid_t pid, const char *cgroup)
{
  node_rig_take (&self->rig, unit, pid, cgroup);
  oom_scores_service_changed (self->scores, unit);
}

static void
assert_score (Fixture *self, pid_t pid, const char *wanted)
{
  g_autofree char *actual = node_rig_read_score (&self->rig, pid);

  g_assert_cmpstr (actual, ==, wanted);
}

static gboolean
has_score (Fixture *self, pid_t pid, const char *wanted)
{
  g_autofree char *actual = node_rig_read_score (&self->rig, pid);

  return g_str_equal (actual, wanted);
}

static char *
list_rows (Fixture *self)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) rows = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssssb)"));
  oom_scores_add_rows (self->scores, &builder);
  rows = g_variant_ref_sink (g_variant_builder_end (&builder));
  return g_variant_print (rows, FALSE);
}

static void
test_life (Fixture *self, gconstpointer data)
{
  pid_t first = node_rig_start (&self->rig, "kubelet", CGROUP, "0\n");
  pid_t second = node_rig_start (&self->rig, "kubelet", CGROUP, "0\n");

  node_rig_assert_none (&self->rig, "OomScore:" KUBELET);
  change (self, KUBELET, first, CGROUP);
  assert_score (self, first, "-999");
  assert_score (self, second, "0");
  node_rig_assert (&self->rig, "OomScore:" KUBELET, TRUE, "-999");
  change (self, KUBELET, second, CGROUP);
  assert_score (self, second, "-999");
  change (self, KUBELET, 0, "");
  node_rig_assert_none (&self->rig, "OomScore:" KUBELET);
  g_assert_cmpstr (self->drifts->str, ==, "");
  node_rig_end (&self->rig, first);
  node_rig_end (&self->rig, second);
}

static void
test_others (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "sshd", "/system.slice/ssh.service", "0\n");

  change (self, "ssh.service", pid, "/system.slice/ssh.service");
  assert_score (self, pid, "0");
  node_rig_assert_none (&self->rig, "OomScore:ssh.service");
  node_rig_end (&self->rig, pid);
}

/* The child itself sets what its unit says, after systemd has told of it. That is no drift. */
static void
test_settles (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "kubelet", CGROUP, "0\n");

  change (self, KUBELET, pid, CGROUP);
  node_rig_write_score (&self->rig, pid, "-500\n");
  node_rig_wait (has_score (self, pid, "-999"));
  g_assert_cmpstr (self->drifts->str, ==, "");

  /* And this is one. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  node_rig_write_score (&self->rig, pid, "5\n");
  oom_scores_check (self->scores);
  assert_score (self, pid, "-999");
  g_assert_cmpstr (self->drifts->str, ==, KUBELET " -999 5 1;");
  oom_scores_check (self->scores);
  g_assert_cmpstr (self->drifts->str, ==, KUBELET " -999 5 1;");
  node_rig_end (&self->rig, pid);
}

static void
test_gone (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "kubelet", CGROUP, "0\n");

  node_rig_end (&self->rig, pid);
  change (self, KUBELET, pid, CGROUP);
  assert_score (self, pid, "0");
  node_rig_assert_none (&self->rig, "OomScore:" KUBELET);
}

/* Whoever is root may write anything: so nothing is there to be written. */
static void
test_fails (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "kubelet", CGROUP, "nonsense\n");

  change (self, KUBELET, pid, CGROUP);
  node_rig_assert (&self->rig, "OomScore:" KUBELET, FALSE, "cannot understand");
  node_rig_write_score (&self->rig, pid, "0\n");
  oom_scores_check (self->scores);
  node_rig_assert (&self->rig, "OomScore:" KUBELET, TRUE, "-999");
  node_rig_end (&self->rig, pid);
}

/* What was told is of before: the number is another's by now, or the process was moved. */
static void
test_another (Fixture *self, gconstpointer data)
{
  pid_t other = node_rig_start (&self->rig, "sshd", "/system.slice/ssh.service", "7\n");
  pid_t similar = node_rig_start (&self->rig, "a", CGROUP "s", "7\n");
  pid_t below = node_rig_start (&self->rig, "kubelet", CGROUP "/main", "7\n");
  g_autofree char *rows = NULL;

  change (self, KUBELET, other, CGROUP);
  assert_score (self, other, "7");
  node_rig_assert (&self->rig, "OomScore:" KUBELET, FALSE, "and not in " CGROUP);
  rows = list_rows (self);
  g_assert_cmpstr (rows, ==, "[]");
  change (self, KUBELET, similar, CGROUP);
  assert_score (self, similar, "7");
  change (self, KUBELET, below, CGROUP);
  assert_score (self, below, "-999");
  node_rig_assert (&self->rig, "OomScore:" KUBELET, TRUE, "-999");
  node_rig_end (&self->rig, other);
  node_rig_end (&self->rig, similar);
  node_rig_end (&self->rig, below);
}

static void
test_denied (void)
{
  Fixture self = { 0 };
  g_autofree char *path = NULL;
  pid_t pid;

  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
    g_test_trap_assert_passed ();
    return;
  }
  /* Root may write anything, whatever its mode. */
  if (getuid () == 0)
    g_assert_cmpint (setresuid (65534, 65534, 65534), ==, 0);
  set_up (&self, NULL);
  pid = node_rig_start (&self.rig, "kubelet", CGROUP, "0\n");
  path = g_strdup_printf ("%s/%d/oom_score_adj", self.rig.manager.proc, (int) pid);
  g_assert_cmpint (chmod (path, 0444), ==, 0);
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  change (&self, KUBELET, pid, CGROUP);
  node_rig_assert (&self.rig, "OomScore:" KUBELET, FALSE, "CAP_SYS_RESOURCE");
  node_rig_end (&self.rig, pid);
  tear_down (&self, NULL);
}

static gboolean
has_condition (Fixture *self, const char *name)
{
  gboolean holds;

  return conditions_get (self->rig.conditions, name, &holds) != NULL && holds;
}

/* All in the tree, and -999 at the least. */
static void
test_slice (Fixture *self, gconstpointer data)
{
  pid_t above = node_rig_start (&self->rig, "a", "/kubernetes.slice", "0\n");
  pid_t below = node_rig_start (&self->rig, "b", CGROUP, "7\n");
  pid_t other = node_rig_start (&self->rig, "c", "/system.slice/c.service", "7\n");
  g_autofree char *above_text = g_strdup_printf ("%d\n", (int) above);
  g_autofree char *below_text = g_strdup_printf ("%d\n", (int) below);
  g_autofree char *other_text = g_strdup_printf ("%d\n", (int) other);
  g_autofree char *rows = NULL;

  node_rig_make_cgroup (&self->rig, "/kubernetes.slice", above_text);
  node_rig_make_cgroup (&self->rig, CGROUP, below_text);
  node_rig_make_cgroup (&self->rig, "/system.slice/c.service", other_text);
  change (self, SLICE, 0, "/kubernetes.slice");
  node_rig_wait (has_condition (self, "OomScore:" SLICE));
  assert_score (self, above, "-999");
  assert_score (self, below, "-999");
  assert_score (self, other, "7");
  node_rig_write_score (&self->rig, below, "3\n");
  rows = list_rows (self);
  g_assert_nonnull (strstr (rows, "('" SLICE "', 'oom_score_adj', '-999', '3 for "));
  oom_scores_check (self->scores);
  node_rig_wait (has_score (self, below, "-999"));
  g_assert_cmpstr (self->drifts->str, ==, "");
  node_rig_end (&self->rig, above);
  node_rig_end (&self->rig, below);
  node_rig_end (&self->rig, other);
}

static void
test_rows (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "kubelet", CGROUP, "0\n");
  g_autofree char *none = list_rows (self);
  g_autofree char *fine = NULL;
  g_autofree char *bad = NULL;

  g_assert_cmpstr (none, ==, "[]");
  change (self, KUBELET, pid, CGROUP);
  fine = list_rows (self);
  g_assert_cmpstr (fine, ==, "[('" KUBELET "', 'oom_score_adj', '-999', '-999', true)]");
  node_rig_write_score (&self->rig, pid, "-1\n");
  bad = list_rows (self);
  g_assert_cmpstr (bad, ==, "[('" KUBELET "', 'oom_score_adj', '-999', '-1', false)]");
  node_rig_end (&self->rig, pid);
}

/* Another configuration, while a worker may be at a slice of the first. */
static void
test_config (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "kubelet", CGROUP, "0\n");

  node_rig_make_cgroup (&self->rig, "/kubernetes.slice", "0");
  change (self, KUBELET, pid, CGROUP);
  change (self, SLICE, 0, "/kubernetes.slice");
  g_ptr_array_set_size (self->rig.config->oom_scores, 0);
  add_score (self, KUBELET, -5);
  oom_scores_set_config (self->scores, self->rig.config);
  assert_score (self, pid, "-5");
  node_rig_assert (&self->rig, "OomScore:" KUBELET, TRUE, "is -5");
  for (guint i = 0; i < 20; i++) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
  node_rig_assert_none (&self->rig, "OomScore:" SLICE);
  g_assert_cmpstr (self->drifts->str, ==, "");
  node_rig_end (&self->rig, pid);
}

/* The same configuration once more, and the same told, as after a daemon-reload. */
static void
test_same_config (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "kubelet", CGROUP, "0\n");
  g_autofree char *text = g_strdup_printf ("%d\n", (int) pid);

  node_rig_make_cgroup (&self->rig, CGROUP, text);
  change (self, KUBELET, pid, CGROUP);
  change (self, SLICE, 0, "/kubernetes.slice");
  node_rig_wait (has_condition (self, "OomScore:" SLICE));
  node_rig_write_score (&self->rig, pid, "-500\n");
  node_rig_wait (has_score (self, pid, "-999"));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  node_rig_write_score (&self->rig, pid, "5\n");
  oom_scores_set_config (self->scores, self->rig.config);
  g_assert_cmpstr (self->drifts->str, ==, KUBELET " -999 5 1;");
  node_rig_assert (&self->rig, "OomScore:" SLICE, TRUE, "-999");
  /* And its worker is not waited for in vain. */
  node_rig_write_score (&self->rig, pid, "-999\n");
  change (self, KUBELET, pid, CGROUP);
  node_rig_write_score (&self->rig, pid, "6\n");
  change (self, KUBELET, pid, CGROUP);
  g_assert_cmpstr (self->drifts->str, ==, KUBELET " -999 5 1;" KUBELET " -999 6 1;");
  node_rig_end (&self->rig, pid);
}

/* A worker that was at a slice is not waited for. */
static void
test_same_slice (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "a", "/kubernetes.slice", "0\n");
  g_autofree char *text = g_strdup_printf ("%d\n", (int) pid);

  node_rig_make_cgroup (&self->rig, "/kubernetes.slice", text);
  change (self, SLICE, 0, "/kubernetes.slice");
  oom_scores_set_config (self->scores, self->rig.config);
  node_rig_wait (has_condition (self, "OomScore:" SLICE));
  assert_score (self, pid, "-999");
  node_rig_end (&self->rig, pid);
}

#define TEST(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A condition that does not hold is worth a warning. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  TEST ("/oom-scores/life", test_life);
  TEST ("/oom-scores/others", test_others);
  TEST ("/oom-scores/settles", test_settles);
  TEST ("/oom-scores/gone", test_gone);
  TEST ("/oom-scores/fails", test_fails);
  TEST ("/oom-scores/another", test_another);
  g_test_add_func ("/oom-scores/denied", test_denied);
  TEST ("/oom-scores/slice", test_slice);
  TEST ("/oom-scores/rows", test_rows);
  TEST ("/oom-scores/config", test_config);
  TEST ("/oom-scores/same-config", test_same_config);
  TEST ("/oom-scores/same-slice", test_same_slice);
  return g_test_run ();
}
