/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sizes of huge pages: "2MB" in the names of the kernel's files, "2Mi" in Kubernetes, which are the
 * same 2097152 bytes.
 */
#pragma once

#include <glib.h>

/**
 * ncg_page_size_parse:
 * @text: "2MB" as mm/hugetlb_cgroup.c writes it, or the quantity "2Mi"
 * @ret_bytes: a power of two, 1 KB or more
 *
 * Returns: whether it is a size
 */
gboolean ncg_page_size_parse (const char *text, guint64 *ret_bytes);

/* (transfer full): the kernel's form: whole GB, MB or KB, the largest there is one of */
char *ncg_page_size_format (guint64 bytes);
