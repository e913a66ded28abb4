/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/memory.h"

#include <glib.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARENAS 2
#define LARGE (128 * 1024)

#ifdef __GLIBC__

void
memory_init (void)
{
  mallopt (M_ARENA_MAX, ARENAS);
  mallopt (M_MMAP_THRESHOLD, LARGE);
  mallopt (M_TRIM_THRESHOLD, LARGE);
}

/* Whether the code is as it is in its file; else (elf(5), DT_TEXTREL) it would be lost. */
static gboolean
is_as_in_file (const struct dl_phdr_info *object)
{
  for (guint i = 0; i < object->dlpi_phnum; i++) {
    const ElfW (Phdr) *segment = &object->dlpi_phdr[i];
    const ElfW (Dyn) *entry = (const void *) (object->dlpi_addr + segment->p_vaddr);

    if (segment->p_type != PT_DYNAMIC)
      continue;
    for (; entry->d_tag != DT_NULL; entry++)
      if (entry->d_tag == DT_TEXTREL ||
          (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0))
        return FALSE;
  }
  return TRUE;
}

/* What is relocated, and made read-only after that, is in a segment with PF_W. */
static int
drop_code (struct dl_phdr_info *object, size_t size, void *data)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);

  for (guint i = 0; is_as_in_file (object) && i < object->dlpi_phnum; i++) {
    const ElfW (Phdr) *segment = &object->dlpi_phdr[i];
    gsize begin = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
    gsize end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;

    if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0)
      madvise ((void *) begin, end - begin, MADV_DONTNEED);
  }
  return 0;
}

void
memory_give_back (void)
{
  malloc_trim (0);
  dl_iterate_phdr (drop_code, NULL);
}

#else

void
memory_init (void)
{
}

void
memory_give_back (void)
{
}

#endif
