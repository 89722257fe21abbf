import Glibc

/// What a machine, or a part of one, has used so far.
package struct HostUsage: Sendable {
    /// Nanoseconds of processor time, all processors together, without idle time.
    package let cpu: Int64
    /// Bytes in use that could not be given back.
    package let memory: Int64
    /// Bytes that could still be used.
    package let available: Int64

    package init(cpu: Int64, memory: Int64, available: Int64) {
        self.cpu = cpu
        self.memory = memory
        self.available = available
    }

    /// Of this machine. nil where the kernel's books can't be read.
    package init?() {
        guard let file = fopen("/proc/stat", "r") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 512)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
        let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // cpu user nice system idle iowait irq softirq steal
        let ticks: [Int64] = line.split(whereSeparator: \.isWhitespace).dropFirst().compactMap { Int64($0) }
        guard ticks.count >= 7 else { return nil }
        let tick: Int64 = 1_000_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        cpu = (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) * tick
        available = Host.availableMemory
        memory = max(0, Host.memory - available)
    }
}
