/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container runtime: which one, how its containers are called, and those that are strays.
 */
#include "daemon/runtime.h"

#include "daemon/policy/runtime.h"
#include "daemon/stray-containers.h"
#include "tests/unit/node-rig.h"

#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHORT "0123456789ab"
#define OTHER_ID "ff23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_classify (void)
{
  static const struct {
    const char *parent;
    const char *name;
    const char *runtime; /* NULL: no container */
    const char *id;
  } cases[] = {
    { "system.slice", "docker-" ID ".scope", "docker", SHORT },
    { "a.slice", "cri-containerd-" ID ".scope", "containerd", SHORT },
    { "a.slice", "nerdctl-" ID ".scope", "containerd", SHORT },
    { "a.slice", "crio-" ID ".scope", "crio", SHORT },
    { "user.slice", "libpod-" ID ".scope", "podman", SHORT },
    { "machine.slice", "machine-rkt\\x2d4a1b.scope", "rkt", "machine-rkt\\x2d4a1b" },
    { "docker", ID, "docker", SHORT },
    { "k8s.io", ID, "containerd", SHORT },
    { "default", ID, "containerd", SHORT },
    { "pod12-34", "crio-" ID, "crio", SHORT },
    { "libpod_parent", "libpod-" ID, "podman", SHORT },
    { "pod12-34", ID, "", SHORT },
    /* What is not. */
    { "system.slice", "docker.service", NULL, NULL },
    { "system.slice", "docker-registry.scope", NULL, NULL },
    { "system.slice", "docker-" ID ".service", NULL, NULL },
    { "system.slice", "docker-" ID "0.scope", NULL, NULL },
    { "system.slice", "docker-.scope", NULL, NULL },
    { "system.slice", "xdocker-" ID ".scope", NULL, NULL },
    { "a.slice", "crio-conmon-" ID ".scope", NULL, NULL },
    { "a.slice", "libpod-conmon-" ID ".scope", NULL, NULL },
    { "machine.slice", "machine-rkt.scope", NULL, NULL },
    { "machine.slice", "machine-debian.scope", NULL, NULL },
    { "docker", "buildkit", NULL, NULL },
    { "dockers", ID, NULL, NULL },
    { "system.slice", ID, NULL, NULL },
    { "", "", NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *runtime = NULL;
    g_autofree char *id = runtime_classify (cases[i].parent, cases[i].name, &runtime);

    g_test_message ("%s/%s", cases[i].parent, cases[i].name);
    g_assert_cmpstr (id, ==, cases[i].id);
    g_assert_cmpstr (runtime, ==, cases[i].runtime);
  }
}

static gboolean
is_listed (const char *unit, gpointer user_data)
{
  return strstr (user_data, unit) != NULL;
}

static void
test_choose (void)
{
  static const struct {
    const char *configured;
    const char *active;
    const char *runtime;
  } cases[] = {
    { "auto", "", NULL },
    { "auto", "containerd.service", "containerd" },
    { "auto", "containerd.service docker.service", "docker" },
    { "auto", "crio.service containerd.service", "containerd" },
    { "auto", "crio.service", "crio" },
    { "docker", "", "docker" },
    { "docker", "crio.service", "docker" },
    { "containerd", "docker.service containerd.service", "containerd" },
    { "rkt", "docker.service", "rkt" },
    { "none", "docker.service", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (runtime_choose (cases[i].configured, is_listed, (gpointer) cases[i].active),
                     ==, cases[i].runtime);
}

static void
test_concerns (void)
{
  g_assert_true (runtime_concerns ("auto", "podman", "/system.slice"));
  g_assert_true (runtime_concerns ("auto", "podman", "/user.slices"));
  g_assert_false (runtime_concerns ("auto", "podman", "/user.slice"));
  g_assert_false (runtime_concerns ("auto", "podman", "/user.slice/user-1000.slice"));
  g_assert_true (runtime_concerns ("auto", "docker", "/user.slice"));
  g_assert_true (runtime_concerns ("docker", "docker", "/"));
  g_assert_true (runtime_concerns ("docker", "", "/"));
  g_assert_false (runtime_concerns ("docker", "podman", "/"));
  g_assert_false (runtime_concerns ("none", "docker", "/"));
  g_assert_false (runtime_concerns ("none", "", "/"));
}

static void
assert_strays (guint n_named, guint n_found, gboolean is_complete, const char *wanted)
{
  static char *names[] = { "a", "b", "c" };
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_autofree char *text = NULL;

  for (guint i = 0; i < n_named; i++)
    g_ptr_array_add (list, names[i]);
  text = runtime_format_strays (list, n_found, is_complete, "/machine");
  g_assert_true (g_str_has_prefix (text, wanted));
}

static void
test_format (void)
{
  assert_strays (0, 0, TRUE, "no container runs outside /machine");
  assert_strays (0, 0, FALSE, "no container runs outside /machine, as far as");
  assert_strays (1, 1, TRUE,
                 "1 container runs outside /machine and takes what is reserved for others: a;");
  assert_strays (3, 3, TRUE,
                 "3 containers run outside /machine and take what is reserved for others: "
                 "a, b, c;");
  assert_strays (2, 7, FALSE,
                 "at least 7 containers run outside /machine and take what is reserved for "
                 "others: a, b and 5 more;");
}

typedef struct {
  NodeRig rig;
  Runtime *runtime;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  node_rig_set_up (&self->rig);
  self->runtime = runtime_new (&self->rig.manager, self->rig.services, self->rig.conditions);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  runtime_free (self->runtime);
  node_rig_tear_down (&self->rig);
}

static void
set_configured (Fixture *self, const char *runtime)
{
  g_free (self->rig.config->container_runtime);
  self->rig.config->container_runtime = g_strdup (runtime);
}

static void
change (Fixture *self, const char *unit, const char *cgroup)
{
  node_rig_take (&self->rig, unit, 1, cgroup);
  runtime_services_changed (self->runtime);
}

static void
test_condition (Fixture *self, gconstpointer data)
{
  runtime_services_changed (self->runtime);
  node_rig_assert_none (&self->rig, "ContainerRuntime");
  change (self, "docker.service", "");
  node_rig_assert (&self->rig, "ContainerRuntime", TRUE, "no daemon of a container runtime");
  change (self, "docker.service", "/system.slice/docker.service");
  node_rig_assert (&self->rig, "ContainerRuntime", TRUE,
                   "docker: docker.service, in /system.slice/docker.service");
  set_configured (self, "crio");
  change (self, "crio.service", "");
  node_rig_assert (&self->rig, "ContainerRuntime", FALSE,
                   "containerRuntime is crio, and crio.service does not run");
  change (self, "crio.service", "/system.slice/crio.service");
  node_rig_assert (&self->rig, "ContainerRuntime", TRUE, "crio.service, in");
  set_configured (self, "rkt");
  runtime_services_changed (self->runtime);
  node_rig_assert (&self->rig, "ContainerRuntime", TRUE, "no daemon");
  set_configured (self, "none");
  runtime_services_changed (self->runtime);
  node_rig_assert_none (&self->rig, "ContainerRuntime");
}

static void
make_containers (Fixture *self)
{
  static const char *const cgroups[] = {
    "/system.slice/docker-" ID ".scope",
    "/system.slice/docker-" ID ".scope/docker/" ID,
    "/docker/" OTHER_ID,
    "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
    "/machine.slice/machine-pod1.slice/docker-" ID ".scope",
    "/system.slice/docker.service",
    "/system.slice/ssh.service",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cgroups); i++)
    node_rig_make_cgroup (&self->rig, cgroups[i], "1\n");
  node_rig_make_cgroup (&self->rig, "/system.slice/crio-" ID ".scope", "0");
}

static char *
find_strays (Fixture *self, const char *runtime)
{
  g_autoptr (StrayContainers) found =
      stray_containers_find (self->rig.tree.mount, "/machine.slice", runtime);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < found->names->len; i++)
    g_string_append_printf (text, "%s; ", (char *) found->names->pdata[i]);
  g_string_append_printf (text, "%u%s", found->n_found, found->is_complete ? "" : " or more");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_found (Fixture *self, const char *runtime, const char *wanted)
{
  g_autofree char *text = find_strays (self, runtime);

  g_assert_cmpstr (text, ==, wanted);
}

/* Not in the pods, not in another container, not one without a process, not another runtime's. */
static void
test_walk (Fixture *self, gconstpointer data)
{
  assert_found (self, "auto", "0");
  make_containers (self);
  assert_found (self, "auto",
                "docker ff23456789ab in /docker; docker " SHORT " in /system.slice; 2");
  assert_found (self, "docker",
                "docker ff23456789ab in /docker; docker " SHORT " in /system.slice; 2");
  assert_found (self, "crio", "0");
  assert_found (self, "none", "0");
}

static void
test_walk_counts (Fixture *self, gconstpointer data)
{
  g_autofree char *text = NULL;

  for (guint i = 0; i < 8; i++) {
    g_autofree char *cgroup = g_strdup_printf ("/system.slice/docker-%.63s%u.scope", ID, i);
    node_rig_make_cgroup (&self->rig, cgroup, "1\n");
  }
  text = find_strays (self, "auto");
  g_assert_true (g_str_has_suffix (text, "; 8"));
  g_assert_cmpuint (strlen (text), ==,
                    STRAY_CONTAINERS_NAMED * strlen ("docker " SHORT " in /system.slice; ") + 1);
}

static void
test_walk_depth (Fixture *self, gconstpointer data)
{
  node_rig_make_cgroup (&self->rig, "/1/2/3/4/5/6/7/docker-" ID ".scope", "1\n");
  assert_found (self, "auto", "docker " SHORT " in /1/2/3/4/5/6/7; 1");
  node_rig_make_cgroup (&self->rig, "/1/2/3/4/5/6/7/8/9", "1\n");
  assert_found (self, "auto", "docker " SHORT " in /1/2/3/4/5/6/7; 1 or more");
}

static gboolean
has_strays (Fixture *self, gboolean wanted)
{
  gboolean holds;

  return conditions_get (self->rig.conditions, "StrayContainers", &holds) != NULL &&
         holds != wanted;
}

static void
test_check (Fixture *self, gconstpointer data)
{
  runtime_check (self->runtime);
  node_rig_wait (has_strays (self, FALSE));
  make_containers (self);
  runtime_check (self->runtime);
  runtime_check (self->runtime);
  node_rig_wait (has_strays (self, TRUE));
  node_rig_assert (&self->rig, "StrayContainers", FALSE, "2 containers run outside /machine");
  /* With another's daemon they are nobody's, until that goes. */
  change (self, "docker.service", "");
  change (self, "crio.service", "/system.slice/crio.service");
  node_rig_wait (has_strays (self, FALSE));
  change (self, "docker.service", "/system.slice/docker.service");
  node_rig_wait (has_strays (self, TRUE));
  set_configured (self, "none");
  node_rig_wait (!g_main_context_pending (NULL));
  runtime_check (self->runtime);
  node_rig_assert_none (&self->rig, "StrayContainers");
}

/* It ends while a worker looks. */
static void
test_ends (Fixture *self, gconstpointer data)
{
  runtime_check (self->runtime);
  g_clear_pointer (&self->runtime, runtime_free);
  for (guint i = 0; i < 20; i++) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
  node_rig_assert_none (&self->rig, "StrayContainers");
}

#define TEST(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A condition that does not hold is worth a warning. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_test_add_func ("/runtime/classify", test_classify);
  g_test_add_func ("/runtime/choose", test_choose);
  g_test_add_func ("/runtime/concerns", test_concerns);
  g_test_add_func ("/runtime/format", test_format);
  TEST ("/runtime/condition", test_condition);
  TEST ("/runtime/walk", test_walk);
  TEST ("/runtime/walk-counts", test_walk_counts);
  TEST ("/runtime/walk-depth", test_walk_depth);
  TEST ("/runtime/check", test_check);
  TEST ("/runtime/ends", test_ends);
  return g_test_run ();
}
