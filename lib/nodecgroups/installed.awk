# SPDX-License-Identifier: LGPL-2.1-or-later
# A header of lib/ as it is installed: "lib/x.h" is <nodecgroups/x.h>, and C++ may include it, too.
/^#include "lib\// {
  sub ("\"lib/", "<nodecgroups/")
  sub ("\"", ">")
}
/^#pragma once/ { is_head = 1 }
is_head && !/^$|^#pragma|^#include/ {
  print "G_BEGIN_DECLS\n"
  is_head = 0
  has_declarations = 1
}
{ print }
END {
  if (has_declarations)
    print "\nG_END_DECLS"
}
