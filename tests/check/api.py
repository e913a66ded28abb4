# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the checks know of the library's public interface: its headers, and what they declare.

The public headers are those that lib/nodecgroups.h includes, and nothing else says so."""

import re

import sources

UMBRELLA = 'lib/nodecgroups.h'
VERSION_SCRIPT = 'lib/libnodecgroups.map'

INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)
FUNCTION = re.compile(r'\b(ncg_\w+) ?\(')
VARIABLE = re.compile(r'\bextern\b[^;(]*\b(ncg_\w+)\s*(?:\[[^;]*)?;')


def includes(path):
    """What a header of ours includes of ours."""
    return INCLUDE.findall(sources.blank_out(sources.read(path), strings=False))


def headers():
    """The paths of the public headers but for the one that includes them all."""
    return includes(UMBRELLA)


def declarations(text):
    """The text of a header with blanks for its comments, directives and clean-up macros."""
    code = sources.blank_out(text)
    code = re.sub(r'^[ \t]*#(?:[^\n\\]|\\\n?)*', lambda m: re.sub(r'[^\n]', ' ', m.group()), code,
                  flags=re.M)
    return re.sub(r'^G_DEFINE_\w+ \([^)]*\)', lambda m: re.sub(r'[^\n]', ' ', m.group()), code,
                  flags=re.M)


def declared(text):
    """The symbols that a header declares."""
    code = declarations(text)
    return set(FUNCTION.findall(code)) | set(VARIABLE.findall(code))


def exported():
    """The symbols that the version script lists, in its order."""
    return re.findall(r'\b(ncg_\w+)\s*;', sources.blank_out(sources.read(VERSION_SCRIPT)))
