import CLI
import Glibc

// Under other names this program is the parent of one pod's processes or of none, or holds the cluster's network: that begins before
// anything of Swift does, in roles.c of CSandbox.

// A reader that went away is an error of the write, not the end of the process.
signal(SIGPIPE, SIG_IGN)
exit(CLI.run(Array(CommandLine.arguments.dropFirst()), in: .process()))
