import APIServer
import Glibc
import Machinery
import Sandbox

/// What the cluster's process tells of itself below `/debug/pprof/`: what a program in Swift has of what Go's `net/http/pprof` serves, in
/// the same forms, and of the rest that it does not have it.
enum ProfilePages {
    /// What Go has and Swift has not, and what comes next to it.
    static let missing: [(name: String, why: String)] = [
        ("allocs", "Swift counts references and keeps no book of allocations; /metrics has the process's memory"),
        ("block", "waiting tasks are not sampled; threads shows which threads wait, and where"),
        ("goroutine", "tasks of Swift are not goroutines and cannot be listed; threads shows the threads that run them"),
        ("heap", "Swift counts references and keeps no book of allocations; /metrics has the process's memory"),
        ("mutex", "locks are not sampled; profile shows the time that is spent on them"),
        ("threadcreate", "no stacks of those that made threads are kept; threads shows the threads"),
        ("trace", "there is no tracer of Go's scheduler; profile shows where time goes, and --tracing-config-file follows requests"),
    ]

    /// - Parameter name: the path behind `/debug/pprof/`.
    static func page(_ name: String, _ option: (String) -> String?) async -> ProfilePage {
        switch name {
        case "": return ProfilePage(index, type: "text/html; charset=utf-8")
        case "cmdline": return ProfilePage(CommandLine.arguments.joined(separator: "\0"))
        case "threads": return ProfilePage(await BlockingThread.run { threads })
        case "symbol":
            let sent: String = option("") ?? ""
            let list: String = sent.isEmpty ? option("addresses") ?? "" : sent
            return ProfilePage(await BlockingThread.run { symbols(list) })
        case "profile": return await profile(seconds: option("seconds").flatMap { Int($0) } ?? 0)
        default:
            let why: String? = missing.first { $0.name == name }?.why
            return ProfilePage("Unknown profile\n" + (why.map { "This program is not written in Go: \($0).\n" } ?? ""), code: 404)
        }
    }

    private static var index: String {
        let served: [(String, String)] = [
            ("cmdline", "The words with which the program was started."),
            ("profile", "Where it spends processor time, for 30 seconds or ?seconds=; a file for go tool pprof."),
            ("symbol", "The names of functions at addresses, POSTed as 0x1234+0x5678."),
            ("threads", "Its threads: state, processor time, and where they wait in the kernel."),
        ]
        let rows: String = served.map { "<li><a href='\($0.0)'>\($0.0)</a>: \($0.1)</li>\n" }.joined()
        let others: String = missing.map { "<li>\($0.name): \($0.why)</li>\n" }.joined()
        return """
            <html>
            <head>
            <title>/debug/pprof/</title>
            </head>
            <body>
            /debug/pprof/
            <p>Profiles of this process:</p>
            <ul>
            \(rows)</ul>
            <p>What Go has beside these, and a program in Swift has not:</p>
            <ul>
            \(others)</ul>
            </body>
            </html>

            """
    }

    private static var threads: String {
        let all: [ProcessThread] = ProcessThread.all
        var text = "threads: total \(all.count)\n"
        for thread in all {
            let place: String = thread.waitsIn.isEmpty ? "" : " in \(thread.waitsIn)"
            text += "\(thread.id) \(thread.state) \(thread.cpuSeconds)s \(thread.name)\(place)\n"
        }
        return text
    }

    /// Source: `Symbol` of net/http/pprof.
    private static func symbols(_ list: String) -> String {
        let addresses: [UInt64] = list.split(separator: "+").compactMap { word in
            UInt64(word.hasPrefix("0x") ? word.dropFirst(2) : word, radix: 16)
        }
        let names: [UInt64: String] = ProgramSymbols.names(of: Set(addresses))
        return "num_symbols: 1\n"
            + addresses.compactMap { address in
                names[address].map { "0x\(String(address, radix: 16)) \(ProgramSymbols.readable($0))\n" }
            }.joined()
    }

    private static func profile(seconds: Int) async -> ProfilePage {
        let began: Int64 = Int64(time(nil)) * 1_000_000_000
        let duration: Duration = .seconds(seconds > 0 ? min(seconds, 600) : 30)
        do throws(SandboxError) {
            let profile: ProcessorProfile = try await .take(for: duration)
            return await BlockingThread.run { ProfilePage(ProfileFile.bytes(profile, began: began, duration), type: ProfilePage.file) }
        } catch {
            let why: String = error.errno == EBUSY ? "cpu profiling already in use" : error.reason
            return ProfilePage("Could not enable CPU profiling: \(why)\n", code: 500)
        }
    }
}
