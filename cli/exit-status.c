/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The exit statuses and what they mean.
 */
#include "cli/exit-status.h"

G_DEFINE_QUARK (nodecgroupsctl - error, exit_status_error)

static const char *const descriptions[] = {
  [EXIT_STATUS_OK] = "done, or all is as it should be",
  [EXIT_STATUS_FAILED] = "it failed; or verify found what differs, status a node not ready",
  [EXIT_STATUS_USAGE] = "the command line or an argument is not right",
  [EXIT_STATUS_NOT_FOUND] = "no such pod, container or process",
  [EXIT_STATUS_NOT_PERMITTED] = "not permitted",
  [EXIT_STATUS_UNREACHABLE] = "the daemon, the bus or the host cannot be reached",
  [EXIT_STATUS_TRY_AGAIN] = "busy, too much at once or not done in time: try again",
};
G_STATIC_ASSERT (G_N_ELEMENTS (descriptions) == EXIT_STATUS_N);

const char *
exit_status_describe (ExitStatus status)
{
  return descriptions[status];
}
