/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's files of state: whatever they have, it is refused, or known again as it is.
 *
 * The first byte of the input says what follows: "f" all of a pod's file, with the line that has
 * its sum; "n" the content of the node's file, else that of a pod's, for which the sum is made.
 */
#include "daemon/node-state.h"
#include "daemon/pod.h"
#include "daemon/state-file.h"
#include "daemon/store.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#define POD_KIND "nodecgroups-pod"
#define NODE_KIND "nodecgroups-node"

static int
open_directory (void)
{
  int fd = open (fuzz_directory (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
write_file (const char *kind, const guint8 *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  int directory = open_directory ();

  state_file_write (directory, "file", kind, data, size, &error);
  close (directory);
  g_assert_no_error (error);
}

/* What was told is told again. */
static void
check_pod (const Pod *pod)
{
  g_autoptr (GVariant) saved = pod_save (pod, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (Pod) again = pod_load ("a", saved, &error);
  g_autoptr (GVariant) saved_again = NULL;

  g_assert_no_error (error);
  saved_again = pod_save (again, NULL);
  g_assert_true (g_variant_equal (saved, saved_again));
}

static void
check_content (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) content = store_parse (bytes, &error);
  g_autoptr (Pod) pod = NULL;

  fuzz_check_result (content != NULL, &error);
  if (content == NULL)
    return;
  pod = pod_load ("a", content, &error);
  fuzz_check_result (pod != NULL, &error);
  if (pod != NULL)
    check_pod (pod);
}

static void
check_pod_file (const guint8 *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  int directory = open_directory ();

  write_file (POD_KIND, data, size);
  bytes = state_file_read_bytes (directory, "file", &error);
  close (directory);
  g_assert_no_error (error);
  check_content (bytes);
}

static void
check_node_file (const guint8 *data, size_t size)
{
  g_autofree char *file = g_build_filename (fuzz_directory (), "file", NULL);
  g_autofree char *aside = g_strconcat (file, ".bad", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GPtrArray) again = NULL;

  write_file (NODE_KIND, data, size);
  list = node_state_load (file, &error);
  fuzz_check_result (list != NULL, &error);
  unlink (aside);
  if (list == NULL)
    return;
  g_assert_true (node_state_save (list, file, &error));
  again = node_state_load (file, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, list->len);
  for (guint i = 0; i < list->len; i++) {
    const NodeStateGroup *group = g_ptr_array_index (list, i);
    const NodeStateGroup *same = node_state_find (again, group->path);

    g_assert_nonnull (same);
    g_assert_true (ncg_resources_equal (&group->resources, &same->resources));
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (GBytes) all = NULL;

  if (size == 0)
    return 0;
  if (data[0] == 'n') {
    check_node_file (data + 1, size - 1);
  } else if (data[0] == 'f') {
    all = g_bytes_new (data + 1, size - 1);
    check_content (all);
  } else {
    check_pod_file (data + 1, size - 1);
  }
  return 0;
}
