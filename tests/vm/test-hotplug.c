/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPUs and memory that go and come back: the kernel tells of it, and the unit lets the daemon hear
 * that. What is left for pods follows.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"

#include <unistd.h>

#define CPU "/sys/devices/system/cpu/cpu1/online"
#define MEMORY "/sys/devices/system/memory/"
#define CONFIG "systemReserved: {cpu: 100m, memory: 64Mi}\n"
#define RESERVED ((guint64) 64 << 20)

static guint64
get_amount (const char *property, const char *key)
{
  g_autoptr (GVariant) list = client_get (CLIENT_PATH, CLIENT_NODE, property);
  guint64 amount = 0;

  if (!g_variant_lookup (list, key, "t", &amount))
    machine_fail ("%s has no %s", property, key);
  return amount;
}

static gboolean
has_cpus (guint count)
{
  return get_amount ("Capacity", "cpu") == (guint64) count * 1000 &&
         get_amount ("Allocatable", "cpu") == (guint64) count * 1000 - 100;
}

static void
test_cpus (void)
{
  guint n_cpus = (guint) sysconf (_SC_NPROCESSORS_ONLN);

  if (n_cpus < 2 || !machine_try ("test -w " CPU)) {
    g_test_skip ("this machine has no second CPU that can be switched off");
    return;
  }
  g_assert_true (has_cpus (n_cpus));
  g_free (machine_run ("echo 0 >" CPU));
  machine_wait_until (has_cpus (n_cpus - 1));
  g_free (machine_run ("echo 1 >" CPU));
  machine_wait_until (has_cpus (n_cpus));
}

/* (transfer full): the block that was switched off, "memory7"; "" if the kernel can do without none
 */
static char *
switch_off_memory (void)
{
  return machine_run ("for block in $(ls -d " MEMORY "memory[0-9]* | sort -rV); do"
                      "  if echo offline >$block/state; then basename $block; break; fi;"
                      "done 2>/dev/null");
}

static gboolean
has_memory (guint64 bytes)
{
  g_autofree char *limit = machine_read ("/machine.slice", "memory.max");
  g_autofree char *wanted = g_strdup_printf ("%" G_GUINT64_FORMAT, bytes - RESERVED);

  return get_amount ("Capacity", "memory") == bytes &&
         get_amount ("Allocatable", "memory") == bytes - RESERVED && g_str_equal (limit, wanted);
}

static guint64
read_memory (void)
{
  g_autofree char *text = machine_run ("awk '/^MemTotal:/ { print $2 }' /proc/meminfo");

  return g_ascii_strtoull (text, NULL, 10) * 1024;
}

static void
test_memory (void)
{
  guint64 before = read_memory ();
  g_autofree char *block = NULL;

  g_assert_true (has_memory (before));
  block = switch_off_memory ();
  if (block[0] == '\0') {
    g_test_skip ("the kernel can do without none of its memory");
    return;
  }
  g_assert_cmpuint (read_memory (), <, before);
  machine_wait_until (has_memory (read_memory ()));
  g_free (machine_run ("echo online_movable >" MEMORY "%s/state", block));
  g_assert_cmpuint (read_memory (), ==, before);
  machine_wait_until (has_memory (before));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  daemon_configure (CONFIG);
  g_test_add_func ("/hotplug/cpus", test_cpus);
  g_test_add_func ("/hotplug/memory", test_memory);
  return g_test_run ();
}
