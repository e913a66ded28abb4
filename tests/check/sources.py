# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the checks have in common: the project's files, C without comments, and the report."""

import os
import re
import subprocess
import sys


def files():
    """The paths of all files that are ours, from the top, sorted: what git tracks or would track.
    Without git, as in an unpacked archive, all but build directories. Never the build directory
    that the check was given."""
    if os.path.exists('.git'):
        listed = subprocess.run(['git', 'ls-files', '-z', '-co', '--exclude-standard'],
                                check=True, capture_output=True, text=True).stdout
        found = listed.split('\0')[:-1]
    else:
        found = []
        for directory, subdirectories, names in os.walk('.'):
            subdirectories[:] = [d for d in subdirectories
                                 if d not in ('.git', '__pycache__')
                                 and not (directory == '.' and d.startswith('build'))]
            found += [os.path.relpath(os.path.join(directory, name)) for name in names]
    build = os.path.relpath(sys.argv[1] if len(sys.argv) > 1 else 'build') + os.sep
    # Deleted but not yet committed is listed too.
    return sorted(path for path in found
                  if os.path.isfile(path) and not path.startswith(build))


def read(path):
    """The text of a file; None for one that is not text."""
    with open(path, 'rb') as file:
        data = file.read()
    if b'\0' in data:
        return None
    return data.decode('utf-8', 'replace')


def blank_out(code, strings=True):
    """C code with its comments (and the insides of its strings) replaced by blanks; lines stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        token = match.group()
        if token[0] in '"\'':
            return token[0] + ' ' * (len(token) - 2) + token[0] if strings else token
        return re.sub(r'[^\n]', ' ', token)

    return pattern.sub(blank, code)


def report(failures, warnings=()):
    """Prints what is wrong and ends the check."""
    for line in warnings:
        print(f'warning: {line}')
    for line in failures:
        print(line)
    sys.exit(1 if failures else 0)
