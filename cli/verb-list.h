/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All verbs, group by group, in the order of the help. To be included with VERB() defined.
 */
VERB (status)
VERB (tree)
VERB (top)
VERB (pods)
VERB (pod)
VERB (usage)
VERB (verify)
VERB (monitor)
VERB (metrics)
VERB (config)
VERB (plan)

VERB (create)
VERB (update)
VERB (remove)
VERB (join)
VERB (run)
VERB (reload)
