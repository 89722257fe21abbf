import CLI
import Glibc

// Under other names this program is the parent of one pod's processes or of none, or holds the cluster's network: that begins before
// anything of Swift does, in roles.c of CSandbox.

// Standard streams that are closed are empty ones: otherwise the next file or socket would be taken for them.
for stream in 0...2 where fcntl(Int32(stream), F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
// A reader that went away is an error of the write, not the end of the process.
signal(SIGPIPE, SIG_IGN)
exit(CLI.run(Array(CommandLine.arguments.dropFirst()), in: .process()))
