import CLI
import CSandbox
import Glibc

// Under its other name this program is the parent of one pod's processes, and never enters the Swift runtime's work.
if let name = CommandLine.unsafeArgv[0], String(cString: name).split(separator: "/").last.map(String.init) == SWKUBE_SANDBOX_NAME {
    exit(swkube_sandbox_main(CommandLine.argc, CommandLine.unsafeArgv))
}
// A reader that went away is an error of the write, not the end of the process.
signal(SIGPIPE, SIG_IGN)
exit(CLI.run(Array(CommandLine.arguments.dropFirst()), in: .process()))
