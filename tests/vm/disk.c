/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and removing the devices, by the tools that everybody uses for it.
 */
#include "tests/vm/disk.h"

#include "tests/vm/machine.h"

#define LOOP_FILE "/run/ncg-disk"

static char *ram, *mapped, *bfq;

const char *
disk_get_ram (void)
{
  if (ram == NULL)
    ram = machine_run ("modprobe brd rd_nr=1 rd_size=16384 && "
                       "{ udevadm settle 2>/dev/null || :; } && cat /sys/block/ram0/dev");
  return ram;
}

const char *
disk_get_mapped (void)
{
  disk_get_ram ();
  if (mapped == NULL)
    mapped = machine_run ("modprobe dm-mod && dmsetup --noudevsync create ncg-disk "
                          "--table '0 32768 linear /dev/ram0 0' >&2 && cat /sys/block/dm-0/dev");
  return mapped;
}

const char *
disk_get_bfq (void)
{
  if (bfq == NULL)
    bfq =
        machine_run ("modprobe bfq && modprobe loop && truncate -s 1M " LOOP_FILE
                     " && losetup /dev/loop0 " LOOP_FILE
                     " && echo bfq >/sys/block/loop0/queue/scheduler && cat /sys/block/loop0/dev");
  return bfq;
}

void
disk_remove_all (void)
{
  if (bfq != NULL)
    g_free (machine_run ("losetup -d /dev/loop0 && rm " LOOP_FILE));
  if (mapped != NULL)
    g_free (machine_run ("dmsetup --noudevsync remove ncg-disk"));
  if (ram != NULL)
    g_free (machine_run ("rmmod brd"));
  g_clear_pointer (&bfq, g_free);
  g_clear_pointer (&mapped, g_free);
  g_clear_pointer (&ram, g_free);
}
