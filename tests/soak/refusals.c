/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that have to be refused, and change nothing.
 */
#include "tests/soak/client.h"

#include <unistd.h>

#define INVALID_ARGS "org.freedesktop.DBus.Error.InvalidArgs"
#define UNKNOWN_METHOD "org.freedesktop.DBus.Error.UnknownMethod"

/* @arguments: a tuple in GVariant's text format, in which "$" is the pod's uid and "%" a process of
 * the soak itself, which is in no pod. */
typedef struct {
  const char *member;
  const char *arguments;
  const char *error;
} Refusal;

static const Refusal refusals[] = {
  { "CreatePod", "('$', {'Labels': <{'other': 'spec'}>, 'PidsLimit': <uint64 77>})", "PodExists" },
  { "CreatePod", "('$', {'Nonsense': <true>})", "InvalidArgument" },
  { "CreatePod", "('$-new', {'MemoryLimit': <'1.5Gx'>})", "InvalidArgument" },
  { "CreatePod", "('$-new', {'MemoryLimit': <true>})", "InvalidArgument" },
  { "CreatePod", "('$-new', {'CPURequest': <'2'>, 'CPULimit': <'1'>})", "InvalidArgument" },
  { "CreatePod", "('../../$', @a{sv} {})", "InvalidArgument" },
  { "CreatePod", "('', @a{sv} {})", "InvalidArgument" },
  { "CreatePod", "('$-new', {'CPUSet': <'4095'>})", "InvalidArgument" },
  { "CreatePod", "('$-new',)", INVALID_ARGS },
  { "UpdatePod", "('$', {'MemoryLimit': <uint64 0>})", "InvalidArgument" },
  { "UpdatePod", "('$', {'Nonsense': <1>})", "InvalidArgument" },
  { "UpdatePod", "('$-none', {'PidsLimit': <uint64 5>})", "NoSuchPod" },
  { "RemovePod", "('$-none', @a{sv} {})", "NoSuchPod" },
  { "RemovePod", "('$', {'GracePeriodUSec': <'soon'>})", "InvalidArgument" },
  { "RemovePod", "('$', {'GracePeriod': <uint64 1>})", "InvalidArgument" },
  { "JoinPod", "('$', 'bad', [uint32 0], @a{sv} {})", "InvalidArgument" },
  { "JoinPod", "('$', 'bad', [uint32 1], @a{sv} {})", "InvalidArgument" },
  { "JoinPod", "('$', 'bad', @au [], @a{sv} {})", "InvalidArgument" },
  { "JoinPod", "('$', 'bad', [uint32 4194303], @a{sv} {})", "NoSuchProcess" },
  { "JoinPod", "('$', 'bad/name', [uint32 %], @a{sv} {})", "InvalidArgument" },
  { "JoinPod", "('$', 'bad', [uint32 %], {'PidsLimit': <uint64 0>})", "InvalidArgument" },
  { "JoinPod", "('$-none', 'bad', [uint32 %], @a{sv} {})", "NoSuchPod" },
  { "CreateContainer", "('$-none', 'bad', @a{sv} {})", "NoSuchPod" },
  { "CreateContainer", "('$', '../bad', @a{sv} {})", "InvalidArgument" },
  { "CreateContainer", "('$', 'bad', {'QosClass': <'Burstable'>})", "InvalidArgument" },
  { "CreateContainer", "('$', 'bad', {'User': <'root'>})", "InvalidArgument" },
  { "UpdateContainer", "('$', 'none', {'PidsLimit': <uint64 5>})", "NoSuchContainer" },
  { "UpdateContainer", "('$', 'none', {'Nonsense': <uint64 5>})", "InvalidArgument" },
  { "RemoveContainer", "('$', 'none', @a{sv} {})", "NoSuchContainer" },
  { "RemoveContainer", "('$-none', 'none', @a{sv} {})", "NoSuchPod" },
  { "GetPod", "('$-none',)", "NoSuchPod" },
  { "GetPodByPid", "(uint32 0,)", "InvalidArgument" },
  { "GetPodByPid", "(uint32 %,)", "NoSuchPod" },
  { "GetPodByPid", "(uint32 4194303,)", "NoSuchProcess" },
  { "GetPodStats", "('$', {'Fields': <['Nonsense']>})", "InvalidArgument" },
  { "GetPodStats", "('$-none', @a{sv} {})", "NoSuchPod" },
  { "GetStats", "(['$', '$-none'], @a{sv} {})", "NoSuchPod" },
  { "VerifyPod", "('$-none',)", "NoSuchPod" },
  { "VerifyPod", "(uint32 5,)", INVALID_ARGS },
  { "Nonsense", "('$',)", UNKNOWN_METHOD },
};

static void
refuse (Client *self, const Refusal *refusal, const SoakPod *pod)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());
  g_auto (GStrv) parts = g_strsplit (refusal->arguments, "$", -1);
  g_autofree char *with_uid = g_strjoinv (pod->uid, parts);
  g_auto (GStrv) pieces = g_strsplit (with_uid, "%", -1);
  g_autofree char *text = g_strjoinv (pid, pieces);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) arguments = g_variant_parse (NULL, text, NULL, NULL, &error);
  g_autoptr (GVariant) reply = NULL;

  g_assert_no_error (error);
  reply = client_call (self, LINK_PATH, refusal->member, arguments, NULL, refusal->error, NULL);
}

/* Another class is refused, whatever the class is. */
static void
refuse_class (Client *self, const SoakPod *pod)
{
  SoakClass other = (SoakClass) ((pod->spec.qos + 1) % N_CLASSES);
  GVariantBuilder spec;
  g_autoptr (GVariant) reply = NULL;

  g_variant_builder_init (&spec, G_VARIANT_TYPE ("a{sv}"));
  g_variant_builder_add (&spec, "{sv}", "QosClass", g_variant_new_string (soak_class_names[other]));
  reply = client_call (self, LINK_PATH, "UpdatePod", g_variant_new ("(sa{sv})", pod->uid, &spec),
                       NULL, "InvalidArgument", NULL);
}

/* A container that is there has other settings than these. */
static void
refuse_container (Client *self, const SoakPod *pod)
{
  const SoakContainer *container = soak_pod_choose_container (pod, self->rand, FALSE);
  gboolean is_join = g_rand_boolean (self->rand);
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GVariant) reply = NULL;
  guint32 pid = (guint32) getpid ();

  if (container == NULL)
    return;
  options = g_variant_ref_sink (g_variant_new_parsed ("{'PidsLimit': <uint64 91>}"));
  reply = client_call (
      self, LINK_PATH, is_join ? "JoinPod" : "CreateContainer",
      is_join
          ? g_variant_new ("(ss@au@a{sv})", pod->uid, container->name,
                           g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, &pid, 1, 4), options)
          : g_variant_new ("(ss@a{sv})", pod->uid, container->name, options),
      NULL, "ContainerExists", NULL);
}

void
refusals_run_one (Client *self, SoakPod *pod)
{
  guint n = G_N_ELEMENTS (refusals);
  guint choice = (guint) g_rand_int_range (self->rand, 0, (gint32) n + 4);

  if (choice < n)
    refuse (self, &refusals[choice], pod);
  else if (choice < n + 2)
    refuse_class (self, pod);
  else
    refuse_container (self, pod);
}
