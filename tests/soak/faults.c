/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults.
 */
#include "tests/soak/faults.h"

#include "tests/soak/report.h"

#include <string.h>

#define UNIT "nodecgroupsd.service"

/* A signal would not stop the first process of a machine, but the kernel's freezer does. */
#define FREEZER "/sys/fs/cgroup/*/init.scope/cgroup.freeze /sys/fs/cgroup/init.scope/cgroup.freeze"

/* The daemon and the bus are up again after that, on a machine that is slow and has much to do. */
#define TRACE_USEC (15 * G_USEC_PER_SEC)
#define PAUSE_MIN_MSEC 200
#define PAUSE_MAX_MSEC 1800

#define N_KINDS 7

typedef struct {
  FaultKind kind;
  const char *name;
  guint weight; /* how often it is in the deck */
  const char *command;
} Fault;

/* What is away already cannot be killed, and a job may be in the way: whether a command succeeds
 * is of no interest. */
static const Fault faults[] = {
  { FAULT_KILL, "kill", 4, "systemctl kill -s KILL " UNIT },
  { FAULT_KILL, "kill-twice", 2,
    "systemctl kill -s KILL " UNIT "; systemctl --no-block start " UNIT
    "; sleep 0.0$(($$ % 10)); systemctl kill -s KILL " UNIT },
  { FAULT_RESTART, "restart", 1, "systemctl restart " UNIT },
  { FAULT_BUS, "bus-restart", 2, "systemctl restart dbus.service" },
  { FAULT_BUS, "bus-kill", 1, "systemctl kill -s KILL dbus.service" },
  { FAULT_RELOAD, "daemon-reload", 2, "systemctl daemon-reload" },
  { FAULT_REEXEC, "daemon-reexec", 2, "systemctl daemon-reexec" },
  { FAULT_RECONFIG, "reload", 1, "systemctl reload " UNIT },
  { FAULT_STOP, "systemd-stopped", 1,
    "for f in " FREEZER "; do [ ! -e $f ] || file=$f; done;"
    "echo 1 >$file; sleep 10; echo 0 >$file" },
};

static guint slow = 1;
static GRand *rand_of_faults;
static GArray *deck; /* of indices of faults */
static GMutex lock;
static gint64 ended_usec[N_KINDS]; /* G_MAXINT64 while it is under way */
static guint counts[G_N_ELEMENTS (faults)];
static guint n_kills;

void
faults_init (guint32 seed, guint slowness)
{
  slow = slowness;
  rand_of_faults = g_rand_new_with_seed (seed);
  deck = g_array_new (FALSE, FALSE, sizeof (guint));
}

gboolean
faults_are_slow (void)
{
  return slow > 1;
}

static guint
get_index (FaultKind kind)
{
  return (guint) g_bit_nth_lsf (kind, -1);
}

static void
set_ended (FaultKind kind, gint64 usec)
{
  g_mutex_lock (&lock);
  ended_usec[get_index (kind)] = usec;
  g_mutex_unlock (&lock);
}

gboolean
faults_were (guint kinds, gint64 since_usec)
{
  gboolean were = FALSE;

  g_mutex_lock (&lock);
  for (guint i = 0; i < N_KINDS; i++)
    if ((kinds & (1u << i)) != 0 && ended_usec[i] != 0 &&
        (ended_usec[i] == G_MAXINT64 || ended_usec[i] + TRACE_USEC * slow > since_usec))
      were = TRUE;
  g_mutex_unlock (&lock);
  return were;
}

/* Dealt from a shuffled deck, so that a short soak has all of them too. */
static guint
choose (guint kinds)
{
  guint i;

  if (deck->len == 0) {
    for (i = 0; i < G_N_ELEMENTS (faults); i++)
      for (guint j = 0; (faults[i].kind & kinds) != 0 && j < faults[i].weight; j++)
        g_array_insert_val (deck, g_rand_int_range (rand_of_faults, 0, (gint32) deck->len + 1), i);
  }
  i = g_array_index (deck, guint, deck->len - 1);
  g_array_set_size (deck, deck->len - 1);
  return i;
}

static void
make_one (guint kinds)
{
  guint i = choose (kinds);

  report_note ("fault: %s", faults[i].name);
  set_ended (faults[i].kind, G_MAXINT64);
  g_free (report_run (TRUE, "timeout 60 sh -c '%s'", faults[i].command));
  set_ended (faults[i].kind, g_get_monotonic_time ());
  counts[i]++;
  if (faults[i].kind == FAULT_KILL)
    n_kills += g_str_has_suffix (faults[i].name, "twice") ? 2 : 1;
}

/* The one that systemd started again by itself, or that a client did by its call. */
static void
wait_for_daemon (void)
{
  gint64 deadline = g_get_monotonic_time () + 60 * G_USEC_PER_SEC * slow;
  g_autofree char *state = NULL;

  do {
    g_usleep (100 * 1000);
    g_free (state);
    state = report_run (TRUE, "busctl --timeout=10 get-property org.example.NodeCgroups "
                              "/org/example/NodeCgroups org.example.NodeCgroups PodCount");
  } while (state[0] == '\0' && g_get_monotonic_time () < deadline);
  if (state[0] == '\0')
    report_fail ("the daemon does not come back");
}

void
faults_run (guint kinds, gint64 end_usec)
{
  g_array_set_size (deck, 0);
  while (g_get_monotonic_time () < end_usec && !report_has_failed ()) {
    gint64 pause =
        g_rand_int_range (rand_of_faults, PAUSE_MIN_MSEC, PAUSE_MAX_MSEC) * 1000 * (gint64) slow;

    g_usleep ((gulong) CLAMP (end_usec - g_get_monotonic_time (), 0, pause));
    /* The clients' connections that ended wait here to tell so, and are open until then. */
    while (g_main_context_iteration (NULL, FALSE))
      continue;
    if (kinds != 0 && g_get_monotonic_time () < end_usec)
      make_one (kinds);
  }
  wait_for_daemon ();
}

char *
faults_format (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    g_string_append_printf (text, "%s%s %u", i > 0 ? ", " : "", faults[i].name, counts[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

guint
faults_count_kills (void)
{
  return n_kills;
}
