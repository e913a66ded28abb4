/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the daemons of Kubernetes are: the judgement, and the conditions.
 */
#include "daemon/placement.h"

#include "daemon/policy/placement.h"
#include "tests/unit/node-rig.h"

#include <string.h>

#define KUBELET "kubelet.service"
#define PROXY "kube-proxy.service"
#define CONDITION "Placement:" KUBELET
#define RIGHT "/kubernetes.slice/" KUBELET
#define SYSTEM "/system.slice/" KUBELET
#define SESSION "/user.slice/user-1000.slice/session-3.scope"

static const PlacementGroups groups = {
  .daemons_unit = "kubernetes.slice",
  .daemons_cgroup = "/kubernetes.slice",
  .system_cgroup = "/system.slice",
  .user_cgroup = "/user.slice",
};

static void
test_judge (void)
{
  static const struct {
    const char *cgroup;
    PlacementVerdict verdict;
    const char *slice;
  } cases[] = {
    { RIGHT, PLACEMENT_RIGHT, "kubernetes.slice" },
    { "/kubernetes.slice", PLACEMENT_RIGHT, "kubernetes.slice" },
    { "/kubernetes.slice/kubernetes-node.slice/" KUBELET, PLACEMENT_RIGHT,
      "kubernetes-node.slice" },
    { "/kubernetes.slices/" KUBELET, PLACEMENT_OTHER, "-.slice" },
    { SYSTEM, PLACEMENT_SYSTEM, "system.slice" },
    { "/system.slice/system-kube.slice/" KUBELET, PLACEMENT_SYSTEM, "system-kube.slice" },
    { SESSION, PLACEMENT_SESSION, "user-1000.slice" },
    { "/user.slice/run-r1.scope", PLACEMENT_SESSION, "user.slice" },
    { "/user.slice/user-0.slice/user@0.service/app.slice/" KUBELET, PLACEMENT_SESSION,
      "app.slice" },
    { "/machine.slice/" KUBELET, PLACEMENT_OTHER, "machine.slice" },
    { "/", PLACEMENT_OTHER, "-.slice" },
    { "/init.scope", PLACEMENT_OTHER, "-.slice" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *slice = placement_find_slice (cases[i].cgroup);

    g_assert_cmpint (placement_judge (&groups, cases[i].cgroup), ==, cases[i].verdict);
    g_assert_cmpstr (slice, ==, cases[i].slice);
  }
}

/* Without a system container nothing can be in it; and the daemons' slice may be anywhere. */
static void
test_other_groups (void)
{
  static const PlacementGroups others = {
    .daemons_unit = "system-kube.slice",
    .daemons_cgroup = "/system.slice/system-kube.slice",
    .user_cgroup = "/user.slice",
  };

  g_assert_cmpint (placement_judge (&others, SYSTEM), ==, PLACEMENT_OTHER);
  g_assert_cmpint (placement_judge (&others, "/system.slice/system-kube.slice/" KUBELET), ==,
                   PLACEMENT_RIGHT);
}

static void
test_names (void)
{
  static const struct {
    const char *command;
    const char *unit;
  } cases[] = {
    { "kubelet", KUBELET }, { "kube-proxy", PROXY },     { "kubelets", NULL }, { "kube", NULL },
    { "", NULL },           { "kubelet.service", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (placement_find_unit (cases[i].command), ==, cases[i].unit);
  g_assert_true (placement_is_kubernetes (KUBELET));
  g_assert_true (placement_is_kubernetes (PROXY));
  g_assert_false (placement_is_kubernetes ("docker.service"));
}

static void
test_units (void)
{
  g_autoptr (Config) config = config_new ();
  ConfigOomScore *score = g_new0 (ConfigOomScore, 1);
  g_auto (GStrv) units = NULL;
  g_autofree char *text = NULL;

  score->unit = g_strdup ("etcd.service");
  g_ptr_array_add (config->oom_scores, score);
  units = placement_list_units (config);
  text = g_strjoinv (" ", units);
  g_assert_cmpstr (
      text, ==, KUBELET " " PROXY " docker.service containerd.service crio.service etcd.service");
}

static void
test_messages (void)
{
  g_autofree char *right = placement_format_message (&groups, KUBELET, 0, RIGHT);
  g_autofree char *system = placement_format_message (&groups, PROXY, 0, "/system.slice/" PROXY);
  g_autofree char *session = placement_format_message (&groups, KUBELET, 4711, SESSION);
  g_autofree char *other = placement_format_message (&groups, KUBELET, 0, "/a.slice/" KUBELET);

  g_assert_cmpstr (right, ==, KUBELET " runs in kubernetes.slice");
  g_assert_nonnull (strstr (system, "charged to systemReserved"));
  g_assert_nonnull (strstr (system,
                            "write to /etc/systemd/system/kube-proxy.service.d/nodecgroups.conf:\n"
                            "[Service]\nSlice=kubernetes.slice\n"
                            "and run: systemctl daemon-reload && systemctl restart kube-proxy"));
  g_assert_nonnull (strstr (session, "kubelet, process 4711, is no service"));
  g_assert_nonnull (strstr (session, SESSION));
  g_assert_nonnull (strstr (session, "ends with the session"));
  g_assert_nonnull (strstr (session, "Slice=kubernetes.slice"));
  g_assert_nonnull (strstr (other, "not charged to kubeReserved"));
}

typedef struct {
  NodeRig rig;
  Placement *placement;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  node_rig_set_up (&self->rig);
  self->placement = placement_new (&self->rig.manager, self->rig.services, self->rig.conditions);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  placement_free (self->placement);
  node_rig_tear_down (&self->rig);
}

static void
change (Fixture *self, const char *unit, pid_t pid, const char *cgroup)
{
  node_rig_take (&self->rig, unit, pid, cgroup);
  placement_service_changed (self->placement, unit);
}

/* (transfer full): the rows, and the cgroups to be counted as Kubernetes' */
static char *
describe (Fixture *self)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) rows = NULL;
  g_auto (GStrv) cgroups = placement_list_kube_cgroups (self->placement);
  g_autofree char *list = g_strjoinv (" ", cgroups);
  g_autofree char *text = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssssb)"));
  placement_add_rows (self->placement, &builder);
  rows = g_variant_ref_sink (g_variant_builder_end (&builder));
  text = g_variant_print (rows, FALSE);
  return g_strdup_printf ("%s %s", text, list);
}

static void
assert_described (Fixture *self, const char *wanted)
{
  g_autofree char *text = describe (self);

  g_assert_cmpstr (text, ==, wanted);
}

static void
test_services (Fixture *self, gconstpointer data)
{
  node_rig_assert_none (&self->rig, CONDITION);
  assert_described (self, "[] ");
  change (self, KUBELET, 1, SYSTEM);
  node_rig_assert (&self->rig, CONDITION, FALSE, "Slice=kubernetes.slice");
  assert_described (self, "[('" KUBELET
                          "', 'slice', 'kubernetes.slice', 'system.slice', false)] " SYSTEM);
  change (self, KUBELET, 2, RIGHT);
  node_rig_assert (&self->rig, CONDITION, TRUE, "runs in kubernetes.slice");
  assert_described (self,
                    "[('" KUBELET "', 'slice', 'kubernetes.slice', 'kubernetes.slice', true)] ");
  change (self, KUBELET, 0, "");
  node_rig_assert_none (&self->rig, CONDITION);
}

/* The daemons of the container runtimes have no right place. */
static void
test_runtime (Fixture *self, gconstpointer data)
{
  g_assert_cmpstr (placement_get_runtime_cgroup (self->placement), ==, NULL);
  change (self, "docker.service", 1, "/system.slice/docker.service");
  node_rig_assert_none (&self->rig, "Placement:docker.service");
  g_assert_cmpstr (placement_get_runtime_cgroup (self->placement), ==,
                   "/system.slice/docker.service");
  assert_described (self, "[] ");
}

static gboolean
has_condition (Fixture *self, gboolean wanted)
{
  gboolean holds;

  return (conditions_get (self->rig.conditions, CONDITION, &holds) != NULL) == wanted;
}

static gboolean
has_named (Fixture *self, const char *name)
{
  gboolean holds;

  return conditions_get (self->rig.conditions, name, &holds) != NULL;
}

static void
test_session (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "kubelet", SESSION, "0");
  pid_t other = node_rig_start (&self->rig, "bash", SESSION, "0");
  g_autofree char *pids = g_strdup_printf ("%d\n%d\n", (int) other, (int) pid);
  g_autofree char *text = g_strdup_printf ("kubelet, process %d, is no service", (int) pid);

  node_rig_make_cgroup (&self->rig, SESSION, pids);
  placement_check (self->placement);
  /* What is asked for meanwhile is done afterwards. */
  placement_check (self->placement);
  node_rig_wait (has_condition (self, TRUE));
  node_rig_assert (&self->rig, CONDITION, FALSE, text);
  assert_described (self,
                    "[('" KUBELET "', 'slice', 'kubernetes.slice', 'user-1000.slice', false)] ");

  /* However well the service is; and both are told. */
  change (self, KUBELET, 1, RIGHT);
  node_rig_assert (&self->rig, CONDITION, FALSE, text);
  node_rig_assert (&self->rig, CONDITION, FALSE, KUBELET " runs in kubernetes.slice\n");
  assert_described (self,
                    "[('" KUBELET "', 'slice', 'kubernetes.slice', 'kubernetes.slice', true), "
                    "('" KUBELET "', 'slice', 'kubernetes.slice', 'user-1000.slice', false)] ");
  change (self, KUBELET, 1, SYSTEM);
  node_rig_assert (&self->rig, CONDITION, FALSE, KUBELET " runs in " SYSTEM);
  node_rig_assert (&self->rig, CONDITION, FALSE, text);
  /* Unless it is the service that is there. */
  change (self, KUBELET, pid, SESSION);
  node_rig_assert (&self->rig, CONDITION, FALSE, KUBELET " runs in " SESSION);
  change (self, KUBELET, 0, "");
  node_rig_make_cgroup (&self->rig, SESSION, "0");
  placement_check (self->placement);
  node_rig_wait (has_condition (self, FALSE));
  node_rig_end (&self->rig, pid);
  node_rig_end (&self->rig, other);
}

/* Any user can call a process so. */
static void
test_user (Fixture *self, gconstpointer data)
{
  pid_t pid = node_rig_start (&self->rig, "kubelet", SESSION, "0");
  pid_t proxy = node_rig_start (&self->rig, "kube-proxy", SESSION, "0");
  g_autofree char *pids = g_strdup_printf ("%d\n%d\n", (int) pid, (int) proxy);

  node_rig_set_uid (&self->rig, pid, 1000);
  node_rig_make_cgroup (&self->rig, SESSION, pids);
  change (self, KUBELET, 1, RIGHT);
  placement_check (self->placement);
  node_rig_wait (has_named (self, "Placement:" PROXY));
  node_rig_assert (&self->rig, CONDITION, TRUE, "runs in kubernetes.slice");
  node_rig_end (&self->rig, pid);
  node_rig_end (&self->rig, proxy);
}

/* It ends while a worker looks. */
static void
test_ends (Fixture *self, gconstpointer data)
{
  placement_check (self->placement);
  g_clear_pointer (&self->placement, placement_free);
  for (guint i = 0; i < 20; i++) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
  node_rig_assert_none (&self->rig, CONDITION);
}

#define TEST(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A condition that does not hold is worth a warning. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_test_add_func ("/placement/judge", test_judge);
  g_test_add_func ("/placement/other-groups", test_other_groups);
  g_test_add_func ("/placement/names", test_names);
  g_test_add_func ("/placement/units", test_units);
  g_test_add_func ("/placement/messages", test_messages);
  TEST ("/placement/services", test_services);
  TEST ("/placement/runtime", test_runtime);
  TEST ("/placement/session", test_session);
  TEST ("/placement/user", test_user);
  TEST ("/placement/ends", test_ends);
  return g_test_run ();
}
