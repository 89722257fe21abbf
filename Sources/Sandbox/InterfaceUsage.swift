/// What went through a network interface since it was made, by the kernel's books.
package struct InterfaceUsage: Sendable, Equatable {
    /// Of one direction.
    package struct Flow: Sendable, Equatable {
        package let bytes: Int64
        package let packets: Int64
        package let errors: Int64
        package let dropped: Int64
    }

    /// `eth0`
    package let name: String
    package let received: Flow
    package let sent: Flow

    /// The interfaces that a process sees, but for its loopback; none where the process is gone.
    package static func of(process: Int32) -> [InterfaceUsage] { read(text(ofFile: "/proc/\(process)/net/dev")) }

    /// Reads the form of `/proc/net/dev`: two lines of heads, then eight numbers for each direction.
    static func read(_ text: String) -> [InterfaceUsage] {
        text.split(separator: "\n").dropFirst(2).compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = String(line[..<colon].drop { $0 == " " })
            let numbers: [Int64] = line[line.index(after: colon)...].split(separator: " ").map { Int64($0) ?? 0 }
            guard numbers.count >= 16, name != "lo" else { return nil }
            func flow(_ from: Int) -> Flow {
                Flow(bytes: numbers[from], packets: numbers[from + 1], errors: numbers[from + 2], dropped: numbers[from + 3])
            }
            return InterfaceUsage(name: name, received: flow(0), sent: flow(8))
        }
    }
}
