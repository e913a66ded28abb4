/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fault points: where a test may kill the daemon. One stands after each step of an operation that a
 * crash could come after; in the daemon that is installed there is nothing of them.
 *
 * A file that has one is listed in daemon/meson.build as such, and compiled once more, with
 * -DNCG_FAULT_POINTS, for nodecgroupsd-faults (tests/dbus). Each point registers itself, and the
 * test compares them with the source, so that none can be forgotten. What they do is in
 * tests/dbus/fault-point.c, which reads from the environment
 *
 *   NCG_FAULT_POINT=list     print the names of all points, and end
 *   NCG_FAULT_POINT=NAME     SIGKILL the first time that the point is reached
 *   NCG_FAULT_POINT=NAME:n   … the n-th time
 *   NCG_FAULT_POINT_LOG=FILE append the name of each point that is reached to FILE
 */
#pragma once

#ifdef NCG_FAULT_POINTS

/* In a section of its own, whose begin and end the linker knows. */
#define FAULT_POINT(name)                                                                          \
  do {                                                                                             \
    static const char *const fault_point_name                                                      \
        __attribute__ ((used, section ("ncg_fault_points"))) = name;                               \
    fault_point_reach (fault_point_name);                                                          \
  } while (0)

/* Does not return if the test wants the daemon to end here. */
void fault_point_reach (const char *name);

/* Prints all points, and ends, if that is asked for. */
void fault_point_list (void);

#else

#define FAULT_POINT(name)                                                                          \
  do {                                                                                             \
  } while (0)

#endif
