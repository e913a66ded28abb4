/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line.
 */
#include "tests/unit/config-rig.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

static void
test_actions (void)
{
  static const struct {
    const char *arguments;
    ConfigAction action;
  } cases[] = {
    { "", CONFIG_RUN },
    { "--version", CONFIG_SHOW_VERSION },
    { "--check-config", CONFIG_CHECK },
    { "--show-config", CONFIG_SHOW },
    { "--show-config --check-config", CONFIG_CHECK },
    { "--check-config --version", CONFIG_SHOW_VERSION },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    ConfigAction action;
    g_autoptr (ConfigSources) sources = config_rig_parse (cases[i].arguments, &action, &error);

    g_assert_no_error (error);
    g_assert_nonnull (sources);
    g_assert_cmpint ((int) action, ==, (int) cases[i].action);
  }
}

static void
test_sources (void)
{
  ConfigAction action;
  g_autoptr (ConfigSources) sources = config_rig_parse (
      "--root=/x --bus-address unix:path=/y --user --config a.yaml", &action, NULL);

  g_assert_cmpstr (sources->root, ==, "/x");
  g_assert_cmpstr (sources->bus_address, ==, "unix:path=/y");
  g_assert_true (sources->is_user);
  g_assert_cmpstr (sources->file, ==, "a.yaml");
}

/* All of them, over files that say something else. */
static void
test_fields (void)
{
  char *root = temp_dir_new ();
  g_autoptr (Config) config = NULL;

  temp_dir_write (root, "etc/nodecgroups/config.yaml",
                  CONFIG_HEADER "cgroupDriver: systemd\ncgroupRoot: /a\ngroup: other\n"
                                "systemReserved: {cpu: 1, pid: 5}\ncontainerRuntime: none\n");
  config = config_rig_must_load (
      root, "--cgroup-driver=cgroupfs --cgroup-root /pods --system-reserved cpu=500m,memory=1Gi "
            "--system-container sys --system-reserved-enforce --kube-reserved=memory=1 "
            "--kube-reserved-enforce=true --resource-container agent --container-runtime crio "
            "--protect-kernel-defaults --group wheel --drop-unknown-properties --log-level debug");
  g_assert_cmpstr (config->driver, ==, "cgroupfs");
  g_assert_cmpstr (config->cgroup_root, ==, "/pods");
  g_assert_cmpuint (config->system_reserved.set, ==, 1 << CONFIG_CPU | 1 << CONFIG_MEMORY);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_CPU], ==, 500);
  g_assert_cmpuint (config->system_reserved.amounts[CONFIG_MEMORY], ==, 1024 * 1024 * 1024);
  g_assert_cmpuint (config->kube_reserved.amounts[CONFIG_MEMORY], ==, 1);
  g_assert_cmpstr (config->system_container, ==, "/sys");
  g_assert_cmpstr (config->system_group, ==, "/sys");
  g_assert_cmpstr (config->resource_container, ==, "/agent");
  g_assert_cmpuint (config->enforced, ==,
                    CONFIG_ENFORCE_PODS | CONFIG_ENFORCE_SYSTEM | CONFIG_ENFORCE_KUBE);
  g_assert_cmpstr (config->container_runtime, ==, "crio");
  g_assert_true (config->protect_kernel_defaults);
  g_assert_cmpstr (config->group, ==, "wheel");
  g_assert_true (config->may_drop);
  g_assert_true (config->is_debug);
  temp_dir_free (root);
}

/* A flag that is off takes both forms out, and the last of several counts. */
static void
test_flags (void)
{
  static const struct {
    const char *arguments;
    guint enforced;
  } cases[] = {
    { "", CONFIG_ENFORCE_PODS | CONFIG_ENFORCE_SYSTEM | CONFIG_ENFORCE_KUBE_COMPRESSIBLE },
    { "--system-reserved-enforce=false", CONFIG_ENFORCE_PODS | CONFIG_ENFORCE_KUBE_COMPRESSIBLE },
    { "--kube-reserved-enforce false", CONFIG_ENFORCE_PODS | CONFIG_ENFORCE_SYSTEM },
    { "--kube-reserved-enforce=true --kube-reserved-enforce=false",
      CONFIG_ENFORCE_PODS | CONFIG_ENFORCE_SYSTEM },
  };
  char *root = temp_dir_new ();

  temp_dir_write (root, "etc/nodecgroups/config.yaml",
                  CONFIG_HEADER
                  "systemReserved: {cpu: 1}\nkubeReserved: {cpu: 1}\n"
                  "enforceNodeAllocatable: [pods, system-reserved, kube-reserved-compressible]\n");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Config) config = config_rig_must_load (root, cases[i].arguments);

    g_assert_cmpuint (config->enforced, ==, cases[i].enforced);
  }
  temp_dir_free (root);
}

static void
test_refused (void)
{
  static const struct {
    const char *arguments;
    const char *message;
  } cases[] = {
    { "--nothing", "--nothing" },
    { "--root", "--root" },
    { "--root a/b", "--root is 'a/b'" },
    { "--cgroup-root", "--cgroup-root" },
    { "run", "there is no argument 'run'" },
    { "--group wheel run", "there is no argument 'run'" },
    { "--system-reserved cpu", "--system-reserved: \"cpu\" is no KEY=QUANTITY" },
    { "--system-reserved cpu=1,cpu=2", "--system-reserved: \"cpu=2\" is there already" },
    { "--system-reserved cpu=1,", "--system-reserved: \"\" is no KEY=QUANTITY" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    ConfigAction action;

    g_assert_null (config_rig_parse (cases[i].arguments, &action, &error));
    g_assert_nonnull (error);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].message));
  }
}

/* What is wrong with a field is told when the configuration is loaded, and names the option. */
static void
test_problems (void)
{
  static const struct {
    const char *arguments;
    const char *message;
  } cases[] = {
    { "--cgroup-driver x", "--cgroup-driver: cgroupDriver is \"x\": it takes one of systemd, "
                           "cgroupfs" },
    { "--cgroup-root machine", "--cgroup-root: cgroupRoot is \"machine\": it takes a path that "
                               "begins with \"/\"" },
    { "--system-reserved hugepages=1",
      "--system-reserved: systemReserved.hugepages: it is not known; systemReserved takes cpu, "
      "memory, ephemeral-storage, pid" },
    { "--kube-reserved cpu=-1", "--kube-reserved: kubeReserved.cpu is \"-1\": it takes a quantity "
                                "that is not negative" },
    { "--system-reserved-enforce=maybe",
      "--system-reserved-enforce: systemReservedEnforce is \"maybe\": it takes true or false" },
    { "--container-runtime=a --protect-kernel-defaults=b",
      "--container-runtime: containerRuntime is \"a\": it takes one of auto, docker, containerd, "
      "crio, rkt, none\n"
      "--protect-kernel-defaults: protectKernelDefaults is \"b\": it takes true or false" },
    { "--group=", "--group: group is \"\": it takes the name of a group" },
    { "--system-reserved-enforce",
      "--system-reserved-enforce: enforceNodeAllocatable is \"system-reserved\": systemReserved is "
      "not given; say how much is reserved, or leave this out" },
    { "--resource-container=a",
      "--resource-container: resourceContainer is \"/a\": under systemd the daemon is in the slice "
      "of its unit; leave this out, and use Slice= in a drop-in of nodecgroupsd.service" },
    { "--user --cgroup-driver=cgroupfs",
      "--cgroup-driver: cgroupDriver is \"cgroupfs\": --user asks the systemd of the session, and "
      "takes systemd only" },
    { "--system-container=/a/b/", "--system-container: systemContainer: \"/a/b/\" is not the path "
                                  "of a slice: it must be \"/\", or start with \"/\" and have "
                                  "components of letters, digits, \":\", \".\" and \"-\", as in "
                                  "\"/machine/batch\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *message = config_rig_complain ("", cases[i].arguments);

    g_assert_cmpstr (message, ==, cases[i].message);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config-arguments/actions", test_actions);
  g_test_add_func ("/config-arguments/sources", test_sources);
  g_test_add_func ("/config-arguments/fields", test_fields);
  g_test_add_func ("/config-arguments/flags", test_flags);
  g_test_add_func ("/config-arguments/refused", test_refused);
  g_test_add_func ("/config-arguments/problems", test_problems);
  return g_test_run ();
}
