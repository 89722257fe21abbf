import Client
import Glibc
package import Machinery
import Sandbox

/// What a verb sees of the world around it. Tests give their own.
package struct Shell: Sendable {
    package let output: Output
    /// Looks up an environment variable.
    package let environment: @Sendable (String) -> String?
    /// All of standard input.
    package let input: @Sendable () throws -> [UInt8]
    /// The next line of standard input, without its end; what follows stays there for others.
    package let line: @Sendable () throws -> [UInt8]
    package let now: @Sendable () -> Time
    /// Columns of the terminal; nil when output is no terminal.
    package let columns: Int?
    /// Columns of standard error for people who wait; nil where it is no terminal, or where nothing that kubectl does not say is wanted.
    package let progressColumns: Int?
    /// Of the user, from the file kuberc.
    package var preferences = Preferences()
    /// What is noted at objects that a verb changes; nil without `--record`.
    var changeCause: ChangeCause?
    /// Whether the process is this shell's, to do with as it likes. Tests and servers lend theirs.
    private var ownsProcess = false

    package init(
        output: Output, environment: @escaping @Sendable (String) -> String?, input: @escaping @Sendable () throws -> [UInt8] = { [] },
        line: @escaping @Sendable () throws -> [UInt8] = { [] },
        now: @escaping @Sendable () -> Time, columns: Int? = nil, progressColumns: Int? = nil
    ) {
        self.output = output
        self.environment = environment
        self.input = input
        self.line = line
        self.now = now
        self.columns = columns
        self.progressColumns = progressColumns
    }

    /// The same world, in which words go elsewhere.
    func writing(to output: Output) -> Shell {
        var shell = Shell(output: output, environment: environment, input: input, line: line, now: now, columns: columns)
        shell.preferences = preferences
        shell.changeCause = changeCause
        return shell
    }

    /// The world of this process.
    package static func process() -> Shell {
        func columns(_ descriptor: Int32) -> Int? {
            var size = winsize()
            return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
        }
        return Shell(
            output: .standard(),
            environment: { name in
                // Services of a system often run without HOME.
                getenv(name).map { String(cString: $0) } ?? (name == "HOME" ? Host.homeOfUser : nil)
            },
            input: { try LocalFile.read(0, "/dev/stdin") }, line: { Self.line(0) },
            now: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Time(seconds: Int64(time.tv_sec))
            }, columns: columns(1), progressColumns: CLI.isKubectl ? nil : columns(2)
        ).owner
    }

    /// The same world for whom the process is its own.
    private var owner: Shell {
        var shell: Shell = self
        shell.ownsProcess = true
        return shell
    }

    /// Ends this program by becoming another one. Throws ``Failure`` when that cannot be started.
    func become(_ program: Program) throws -> Never {
        guard ownsProcess else { throw Failure("cannot become \(program.name): this process belongs to another program") }
        output.flush()
        let code: Int32 = program.replaceThisProcess()
        throw Failure("cannot run \(program.name): \(FileError.reason(of: code))")
    }

    /// Byte by byte: what stands behind the line is not ours.
    private static func line(_ descriptor: Int32) -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        return line
    }
}
