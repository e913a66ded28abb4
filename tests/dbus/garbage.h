/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values that nobody expects, for calls that must not do any harm. What comes out follows from
 * g_test_rand_int() alone, so that the seed that GLib prints makes the same again (--seed).
 */
#pragma once

#include <gio/gunixfdlist.h>

/* At least 0, below @end. */
guint garbage_number (guint end);

/* (transfer full): text that is no name: nothing, very long, with slashes, dots, blanks, line
 * breaks, what printf and terminals obey, what looks nearly right. Valid UTF-8, as the bus wants.
 */
char *garbage_string (void);

/* (transfer floating): a value of @type, at the edges of it or beyond what it should be; arrays
 * have up to @most elements */
GVariant *garbage_value (const GVariantType *type, guint most);

/* (transfer floating): a value of some type, at most @depth deep */
GVariant *garbage_any (guint depth);

/* (transfer floating): an a{sv} of known and unknown keys with good, odd and wrong values, of which
 * one is surely wrong: no call that knows its options may take it */
GVariant *garbage_dictionary (guint most);

/* (transfer floating): a value in as many variants as the bus lets through */
GVariant *garbage_nested (void);

/* (transfer full): up to four descriptors, of files, pipes and the like, or of the test itself */
GUnixFDList *garbage_descriptors (void);
