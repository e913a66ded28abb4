/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Combinations that are refused, each at the place of the value that caused it.
 */
#include "tests/unit/config-rig.h"

#include <string.h>

#define FILE_NAME "/etc/nodecgroups/config.yaml"

/* place: in the file, whose first line of text is the third */
static const struct {
  const char *text;
  const char *arguments;
  const char *place;
  const char *message;
} cases[] = {
  { "systemReserved: {cpu: 1}\n"
    "enforceNodeAllocatable: [system-reserved, system-reserved-compressible]",
    NULL, FILE_NAME ":4:43",
    "enforceNodeAllocatable is \"system-reserved-compressible\": it does not go together with "
    "system-reserved; leave one of them out" },
  { "kubeReserved: {cpu: 1}\n"
    "enforceNodeAllocatable: [kube-reserved-compressible, kube-reserved]",
    NULL, FILE_NAME ":4:26",
    "enforceNodeAllocatable is \"kube-reserved-compressible\": it does not go together with "
    "kube-reserved; leave one of them out" },
  { "enforceNodeAllocatable: [pods, system-reserved]", NULL, FILE_NAME ":3:32",
    "enforceNodeAllocatable is \"system-reserved\": systemReserved is not given; say how much is "
    "reserved, or leave this out" },
  { "systemReserved: {}\nenforceNodeAllocatable: [system-reserved-compressible]", NULL,
    FILE_NAME ":4:26",
    "enforceNodeAllocatable is \"system-reserved-compressible\": systemReserved is not given; say "
    "how much is reserved, or leave this out" },
  { "enforceNodeAllocatable: [kube-reserved]", NULL, FILE_NAME ":3:26",
    "enforceNodeAllocatable is \"kube-reserved\": kubeReserved is not given; say how much is "
    "reserved, or leave this out" },
  { "systemReserved: {cpu: 1}\nenforceNodeAllocatable: [system-reserved]\n"
    "systemReservedCgroup: ''",
    NULL, FILE_NAME ":5:23",
    "systemReservedCgroup: system-reserved is enforced on a cgroup, and this names none; name one "
    "that is not the root" },
  { "kubeReserved: {cpu: 1}\nenforceNodeAllocatable: [kube-reserved]\nkubeReservedCgroup: /", NULL,
    FILE_NAME ":5:21",
    "kubeReservedCgroup: kube-reserved is enforced on a cgroup, and this names none; name one that "
    "is not the root" },
  { "systemReserved: {cpu: 1}\nenforceNodeAllocatable: [system-reserved]", "cgroupfs!",
    FILE_NAME ":4:26",
    "enforceNodeAllocatable is \"system-reserved\": systemReservedCgroup is not given, and there "
    "is no default with the driver cgroupfs; give it, or leave this out" },
  { "systemReserved: {cpu: 1}\nenforceNodeAllocatable: [system-reserved]\ncgroupRoot: /system/pods",
    NULL, FILE_NAME ":5:13",
    "cgroupRoot is \"/system/pods\": systemReservedCgroup is /system; where anything is enforced, "
    "as pods are by default, neither may be the other or be in it; name another cgroup for the "
    "pods" },
  { "systemReserved: {cpu: 1}\nenforceNodeAllocatable: [system-reserved]\n"
    "systemReservedCgroup: machine.slice",
    NULL, FILE_NAME ":5:23",
    "cgroupRoot is \"/machine\": systemReservedCgroup is /machine; where anything is enforced, as "
    "pods are by default, neither may be the other or be in it; name another cgroup for the pods" },
  { "kubeReserved: {cpu: 1}\nenforceNodeAllocatable: [kube-reserved-compressible]\n"
    "cgroupRoot: /kubernetes",
    NULL, FILE_NAME ":5:13",
    "cgroupRoot is \"/kubernetes\": kubeReservedCgroup is /kubernetes; where anything is enforced, "
    "as pods are by default, neither may be the other or be in it; name another cgroup for the "
    "pods" },
  { "cgroupRoot: /system", NULL, FILE_NAME ":3:13",
    "cgroupRoot is \"/system\": systemReservedCgroup is /system; where anything is enforced, as "
    "pods are by default, neither may be the other or be in it; name another cgroup for the pods" },
  { "cgroupRoot: /kubernetes/pods", "cgroupfs!", FILE_NAME ":3:13",
    "cgroupRoot is \"/kubernetes/pods\": kubeReservedCgroup is /kubernetes; where anything is "
    "enforced, as pods are by default, neither may be the other or be in it; name another cgroup "
    "for the pods" },
  { "cgroupRoot: /a\nkubeReservedCgroup: /a/kube", NULL, FILE_NAME ":3:13",
    "cgroupRoot is \"/a\": kubeReservedCgroup is /a/kube; where anything is enforced, as pods are "
    "by default, neither may be the other or be in it; name another cgroup for the pods" },
  { "cgroupRoot: /kubernetes\nkubeReservedCgroup: ''", NULL, FILE_NAME ":3:13",
    "cgroupRoot is \"/kubernetes\": kubeReservedCgroup is /kubernetes; where anything is enforced, "
    "as pods are by default, neither may be the other or be in it; name another cgroup for the "
    "pods" },
  { "systemContainer: /machine/sys\nenforceNodeAllocatable: [pods]", NULL, FILE_NAME ":3:18",
    "cgroupRoot is \"/machine\": systemReservedCgroup is /machine/sys; where anything is enforced, "
    "as pods are by default, neither may be the other or be in it; name another cgroup for the "
    "pods" },
  { "cgroupRoot: /user/pods", NULL, FILE_NAME ":3:13",
    "cgroupRoot is \"/user/pods\": the slice of users is /user; where anything is enforced, as "
    "pods are by default, neither may be the other or be in it; name another cgroup for the pods" },
  { "cgroupRoot: /system/pods\nkubeReserved: {cpu: 1}\nenforceNodeAllocatable: [kube-reserved]",
    NULL, FILE_NAME ":3:13",
    "cgroupRoot is \"/system/pods\": systemReservedCgroup is /system; where anything is enforced, "
    "as pods are by default, neither may be the other or be in it; name another cgroup for the "
    "pods" },
  { "enforceNodeAllocatable: [none]\nreservedSystemCPUs: 0-1\ncgroupRoot: /system/pods", NULL,
    FILE_NAME ":5:13",
    "cgroupRoot is \"/system/pods\": systemReservedCgroup is /system; with reservedSystemCPUs, "
    "neither may be the other or be in it; name another cgroup for the pods" },
  { "systemReserved: {cpu: 1}\nkubeReserved: {cpu: 1}\n"
    "enforceNodeAllocatable: [system-reserved, kube-reserved]\nkubeReservedCgroup: /system/kube",
    NULL, FILE_NAME ":6:21",
    "kubeReservedCgroup is \"/system/kube\": systemReservedCgroup is /system; where one of them is "
    "enforced, neither may be the other or be in it; name another cgroup for one of them" },
  { "systemReserved: {cpu: 1}\nkubeReserved: {cpu: 1}\n"
    "enforceNodeAllocatable: [system-reserved, kube-reserved]\nsystemReservedCgroup: /kubernetes",
    NULL, FILE_NAME ":6:23",
    "kubeReservedCgroup is \"/kubernetes\": systemReservedCgroup is /kubernetes; where one of them "
    "is enforced, neither may be the other or be in it; name another cgroup for one of them" },
  { "kubeReserved: {cpu: 1}\nenforceNodeAllocatable: [kube-reserved]\n"
    "kubeReservedCgroup: /system/kube",
    NULL, FILE_NAME ":5:21",
    "kubeReservedCgroup is \"/system/kube\": systemReservedCgroup is /system; where one of them is "
    "enforced, neither may be the other or be in it; name another cgroup for one of them" },
  { "kubeReservedCgroup: /system\nsystemReserved: {cpu: 1}\n"
    "enforceNodeAllocatable: [system-reserved-compressible]",
    NULL, FILE_NAME ":3:21",
    "kubeReservedCgroup is \"/system\": systemReservedCgroup is /system; where one of them is "
    "enforced, neither may be the other or be in it; name another cgroup for one of them" },
  { "reservedSystemCPUs: 0-1\nsystemContainer: /kubernetes/system", NULL, FILE_NAME ":4:18",
    "kubeReservedCgroup is \"/kubernetes\": systemReservedCgroup is /kubernetes/system; with "
    "reservedSystemCPUs, neither may be the other or be in it; name another cgroup for one of "
    "them" },
  { "systemContainer: /system\nresourceContainer: /system/agent", "cgroupfs!", FILE_NAME ":4:20",
    "resourceContainer is \"/system/agent\": systemContainer is /system, and with cgroup v2 "
    "processes must not be in a cgroup around another; name one beside it" },
  { "resourceContainer: /agent\nsystemContainer: /agent/system", "cgroupfs!", FILE_NAME ":3:20",
    "resourceContainer is \"/agent\": systemContainer is /agent/system, and with cgroup v2 "
    "processes must not be in a cgroup around another; name one beside it" },
  { "systemContainer: /system\nkubeReservedCgroup: /system/kube", "cgroupfs!", FILE_NAME ":4:21",
    "kubeReservedCgroup is \"/system/kube\": systemContainer is /system, and with cgroup v2 "
    "processes must not be in a cgroup around another; name one beside it" },
  { "systemContainer: /kubernetes/system", "cgroupfs!", FILE_NAME ":3:18",
    "kubeReservedCgroup is \"/kubernetes\": systemContainer is /kubernetes/system, and with cgroup "
    "v2 processes must not be in a cgroup around another; name one beside it" },
  { "systemReserved: {cpu: 1, memory: 0}\nenforcementPolicy: limit\n"
    "enforceNodeAllocatable: [system-reserved]",
    NULL, FILE_NAME ":3:34",
    "systemReserved.memory is \"0\": system-reserved is enforced with the policy limit, and "
    "nothing "
    "could run within 0; reserve more, or leave it out" },
  { "enforceNodeAllocatable: [kube-reserved]\nenforcementPolicy: limit\n"
    "kubeReserved: {memory: 1Gi, pid: '0'}",
    NULL, FILE_NAME ":5:34",
    "kubeReserved.pid is \"0\": kube-reserved is enforced with the policy limit, and nothing could "
    "run within 0; reserve more, or leave it out" },
  { "systemReservedCgroup: /system\nreservedSystemCPUs: \"0\"", NULL, FILE_NAME ":4:21",
    "reservedSystemCPUs is \"0\": it does not go together with systemReservedCgroup; leave one of "
    "them out" },
  { "kubeReservedCgroup: /kube\nreservedSystemCPUs: 0-1", NULL, FILE_NAME ":4:21",
    "reservedSystemCPUs is \"0-1\": it does not go together with kubeReservedCgroup; leave one of "
    "them out" },
  { "resourceContainer: /agent", NULL, FILE_NAME ":3:20",
    "resourceContainer is \"/agent\": under systemd the daemon is in the slice of its unit; leave "
    "this out, and use Slice= in a drop-in of nodecgroupsd.service" },
  { "cgroupDriver: cgroupfs", "--user", FILE_NAME ":3:15",
    "cgroupDriver is \"cgroupfs\": --user asks the systemd of the session, and takes systemd "
    "only" },
  { "systemReservedCgroup: /system\nsystemContainer: /other", NULL, FILE_NAME ":4:18",
    "systemContainer is \"/other\": systemReservedCgroup is \"/system\", and both are the same "
    "cgroup; leave one of them out" },
  { "systemContainer: /machine/system", "cgroupfs!", FILE_NAME ":3:18",
    "systemContainer is \"/machine/system\": the pods are in /machine, and processes must not be "
    "put there or above it; name another cgroup" },
  { "cgroupRoot: /a/pods\nresourceContainer: /a", "cgroupfs!", FILE_NAME ":4:20",
    "resourceContainer is \"/a\": the pods are in /a/pods, and processes must not be put there or "
    "above it; name another cgroup" },
};

/* The line of the text that is meant, from the first after the header. */
static char *
find_line (const char *text, guint number)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  g_assert_cmpuint (number, >=, 3);
  return g_strdup (lines[number - 3]);
}

static void
test_refused (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *message = config_rig_complain (cases[i].text, cases[i].arguments);
    g_auto (GStrv) parts = g_strsplit (cases[i].place, ":", -1);
    guint line = (guint) g_ascii_strtoull (parts[1], NULL, 10);
    g_autofree char *shown = find_line (cases[i].text, line);
    g_autofree char *blanks = g_strnfill (g_ascii_strtoull (parts[2], NULL, 10) - 1, ' ');
    g_autofree char *expected = g_strdup_printf ("%s: %s\n    %u | %s\n      | %s^", cases[i].place,
                                                 cases[i].message, line, shown, blanks);

    g_assert_cmpstr (message, ==, expected);
  }
}

/* What is just short of being refused. */
static void
test_accepted (void)
{
  static const struct {
    const char *text;
    const char *arguments;
  } right[] = {
    { "enforceNodeAllocatable: [none]", NULL },
    { "enforceNodeAllocatable: []", NULL },
    { "cgroupRoot: /system/pods\nenforceNodeAllocatable: [none]", NULL },
    { "cgroupRoot: /user/pods\nenforceNodeAllocatable: []", NULL },
    { "cgroupRoot: /user/pods\nsystemContainer: /system", "cgroupfs!" },
    { "cgroupRoot: /a/b\nsystemContainer: /a/c\nkubeReservedCgroup: /a/d", NULL },
    { "kubeReservedCgroup: /system/kube", NULL },
    { "systemReservedCgroup: ''", NULL },
    { "systemReserved: {cpu: 1}\nenforceNodeAllocatable: [system-reserved]\ncgroupRoot: /systems",
      NULL },
    { "kubeReservedCgroup: /systems\nsystemReserved: {cpu: 1}\n"
      "enforceNodeAllocatable: [system-reserved]",
      NULL },
    { "systemReserved: {cpu: 1}\nsystemContainer: sys\nenforceNodeAllocatable: [system-reserved]",
      "cgroupfs!" },
    { "systemContainer: system.slice\nsystemReservedCgroup: /system", NULL },
    { "reservedSystemCPUs: 0-1\nsystemContainer: other", NULL },
    { "reservedSystemCPUs: 0-1\nenforceNodeAllocatable: [system-reserved]", NULL },
    { "systemReserved: {memory: 0}\nenforceNodeAllocatable: [system-reserved]", NULL },
    { "systemReserved: {memory: 0, pid: 0}\nenforcementPolicy: limit", NULL },
    { "kubeReserved: {pid: 0}\nenforcementPolicy: limit\n"
      "enforceNodeAllocatable: [kube-reserved-compressible]",
      NULL },
    { "kubeReserved: {cpu: 0, ephemeral-storage: 0}\nenforcementPolicy: limit\n"
      "enforceNodeAllocatable: [kube-reserved]",
      NULL },
    { "resourceContainer: agent", "cgroupfs!" },
    { "resourceContainer: /system\nsystemContainer: /system", "cgroupfs!" },
    { "resourceContainer: /kubernetes/agent\nsystemContainer: /system", "cgroupfs!" },
    { "resourceContainer: ''\nsystemContainer: /", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (right); i++) {
    g_autofree char *message = config_rig_complain (right[i].text, right[i].arguments);

    g_assert_cmpstr (message, ==, "");
  }
}

/* Several problems of one file, and of the command line after it. */
static void
test_together (void)
{
  g_autofree char *message = config_rig_complain (
      "enforceNodeAllocatable: [system-reserved, kube-reserved]\nreservedSystemCPUs: 0-1\n"
      "systemReservedCgroup: /kubernetes/a",
      "--resource-container=/r --cgroup-root=/kubernetes");
  static const char *const places[] = { FILE_NAME ":3:43: ", FILE_NAME ":4:21: ",
                                        FILE_NAME ":5:23: ", "\n--resource-container: ",
                                        "\n--cgroup-root: " };
  const char *rest = message;

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    const char *found = strstr (rest, places[i]);

    if (found == NULL)
      g_error ("there is no \"%s\" where it should be in:\n%s", places[i], message);
    rest = found;
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config-validate/refused", test_refused);
  g_test_add_func ("/config-validate/accepted", test_accepted);
  g_test_add_func ("/config-validate/together", test_together);
  return g_test_run ();
}
