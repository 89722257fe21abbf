import CSandbox
import Glibc

/// Where this process spent processor time: the stacks of its threads, looked at a hundred times in each second of it.
package struct ProcessorProfile: Sendable {
    package struct Stack: Sendable {
        /// The innermost function first; of its callers the address of the call.
        package let addresses: [UInt64]
        /// How often it was seen.
        package let count: Int
    }

    package static let hertz = 100

    package let stacks: [Stack]
    /// Looks that found no room.
    package let lost: Int

    /// Watches the process for a while; ends early when the task is cancelled.
    ///
    /// Throws ``SandboxError/system(call:errno:path:)``, with EBUSY while another profile is being made.
    package static func take(for duration: Duration) async throws(SandboxError) -> ProcessorProfile {
        let seconds = Int(duration.components.seconds) + 1
        let stacks: Int = min(seconds, 600) * hertz * max(1, Int(swkube_processors()))
        // Memory that is not written is not taken.
        let buffer: UnsafeMutableBufferPointer<UInt64> = .allocate(capacity: stacks * 65)
        defer { buffer.deallocate() }
        let error: Int32 = swkube_sampler_begin(Int32(hertz), buffer.baseAddress, buffer.count)
        guard error == 0 else { throw .system(call: "setitimer", errno: error, path: "") }
        try? await Task.sleep(for: duration)
        var lost = 0
        let used: Int = swkube_sampler_end(&lost)
        return ProcessorProfile(words: buffer[..<used], lost: lost)
    }

    init(words: Slice<UnsafeMutableBufferPointer<UInt64>>, lost: Int) {
        var counts: [[UInt64]: Int] = [:]
        var place: Int = words.startIndex
        while place < words.endIndex {
            let depth = Int(words[place])
            guard depth > 0, place + depth < words.endIndex else { break }
            counts[Array(words[(place + 1)...(place + depth)]), default: 0] += 1
            place += depth + 1
        }
        stacks = counts.map { Stack(addresses: $0.key, count: $0.value) }
        self.lost = lost
    }
}
