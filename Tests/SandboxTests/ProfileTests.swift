import Glibc
import Sandbox
import Synchronization
import TestSupport
import Testing

/// What the process can tell of its own doing.
@Suite(.serialized) struct ProfileTests {
    @Test func `a profile shows the function that takes the time, by its name`() async throws {
        let stop = Stop()
        async let work: Void = BlockingThread.run { while !stop.isSet { spin() } }
        defer { stop.set() }
        // A busy machine may give the thread nothing for a while.
        try await eventually("a profile shows it, with its callers") {
            let profile: ProcessorProfile = try await .take(for: .milliseconds(400))
            let names: [UInt64: String] = ProgramSymbols.names(of: Set(profile.stacks.flatMap(\.addresses)))
            return profile.stacks.contains { stack in
                stack.addresses.count > 3
                    && stack.addresses.contains { names[$0].map(ProgramSymbols.readable)?.contains("spin") == true }
            }
        }
        stop.set()
        await work
    }

    @Test func `one profile is made at a time`() async throws {
        let first: Int32? = await withTaskGroup(of: Int32?.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    do { _ = try await ProcessorProfile.take(for: .seconds(60)) } catch { return (error as? SandboxError)?.errno }
                    return nil
                }
            }
            // Who is refused is told at once; the other ends with his task.
            let first: Int32? = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        #expect(first == EBUSY)
    }

    @Test func `the threads of the process are told, and what can be run of its memory`() {
        #expect(ProcessThread.all.contains { $0.id == getpid() })
        #expect(ProgramSymbols.mappings.contains { $0.file.hasSuffix("libc.so.6") || $0.file.contains("xctest") })
        #expect(ProgramSymbols.readable("$s7Sandbox16ProcessorProfileV") == "Sandbox.ProcessorProfile")
        #expect(ProgramSymbols.readable("main") == "main")
    }
}

/// Takes time, and nothing else.
@inline(never) private func spin() {
    var x: UInt64 = 1
    for i: UInt64 in 0..<100_000 { x = x &* 6_364_136_223_846_793_005 &+ i }
    sink = x
}

nonisolated(unsafe) private var sink: UInt64 = 0

/// Tells a thread to end.
private final class Stop: Sendable {
    private let isOver = Atomic<Bool>(false)

    var isSet: Bool { isOver.load(ordering: .relaxed) }

    func set() { isOver.store(true, ordering: .relaxed) }
}
