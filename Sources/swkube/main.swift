import CLI
import CSandbox
import Glibc

// Under other names this program is the parent of one pod's processes or of none, or holds the cluster's network, and never enters the
// Swift runtime's work.
switch CommandLine.unsafeArgv[0].flatMap({ String(cString: $0).split(separator: "/").last.map(String.init) }) {
case SWKUBE_SANDBOX_NAME: exit(swkube_sandbox_main(CommandLine.argc, CommandLine.unsafeArgv))
case SWKUBE_NETWORK_NAME: exit(swkube_network_main(CommandLine.argc, CommandLine.unsafeArgv))
case SWKUBE_PAUSE_NAME: exit(swkube_pause_main())
default: break
}
// A reader that went away is an error of the write, not the end of the process.
signal(SIGPIPE, SIG_IGN)
exit(CLI.run(Array(CommandLine.arguments.dropFirst()), in: .process()))
