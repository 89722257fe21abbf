// Owners that files of an image should have, given by one who may.

#pragma once

/// Gives the files below `folder`/root the owners and modes that the lines of `folder`/owners name: `uid gid mode path`, the mode in
/// octal digits, \n and \\ in the path for a line's end and a backslash. Links on the way are not followed; of those that stand at the
/// end the link itself is given. Numbers that do not exist here leave a file as it is. Returns 0 or the first errno.
int owners_give(const char *folder);
