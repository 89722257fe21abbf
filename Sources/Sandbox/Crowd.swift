import Glibc

/// Containers that keep far more threads busy than the host has processors, where no control group holds them back: most likely a program
/// that multiplies without end.
///
/// The kernel lends each thread its time, whatever the container asked for: a crowd gets as many shares as it has threads, and the host's other
/// programs, the cluster's own process among them, come to a standstill. So there is a bound to their number, and those that are busy stand
/// back as far as they can. Without root's rights nothing calls them forth again; that is why it takes a crowd.
package enum Crowd {
    /// Processes and threads that a pod may have. What needs many of them takes them by processor; 256 are plenty for a database or a
    /// virtual machine, and leave a tenth of the host to the cluster's own process while a pod spins with all of them.
    package static var most: Int64 { most(processors: Host.processors) }

    static func most(processors: Int) -> Int64 { Int64(min(1024, max(256, 128 * processors))) }

    /// Threads of a container that may be busy at once before they stand back.
    package static var threshold: Int { 32 * Host.processors }

    /// The last that the kernel has.
    private static let niceness: Int32 = 19

    /// Lets the busy threads of each of these sessions stand back, where they are more than a threshold. Blocks.
    ///
    /// What they start later stands back as well.
    package static func standBack(sessions: Set<Int32>, threshold: Int = threshold) {
        var busy: [Int32: [Int32]] = [:]
        for process in ProcFolder.numbers(in: "/proc") {
            let path = "/proc/\(process)/"
            guard let fields = ProcFolder.fields(ofStat: path + "stat"), let session = Int32(fields[3]), sessions.contains(session) else {
                continue
            }
            for thread in ProcFolder.numbers(in: path + "task") {
                // One that has ended meanwhile is not busy.
                guard let fields = ProcFolder.fields(ofStat: path + "task/\(thread)/stat"), fields[0] == "R" else { continue }
                busy[session, default: []].append(thread)
            }
        }
        for threads in busy.values where threads.count > threshold {
            for thread in threads { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(thread), niceness) }
        }
    }
}
