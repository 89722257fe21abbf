package import Machinery
package import Sandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Tells the kernel's packet filter what to do in the cluster's network, through the program `nft`.
package struct PacketFilter: Sendable {
    /// What the kernel said to a text that it did not take; nothing of that text is in force.
    package struct Refusal: Error, CustomStringConvertible {
        package let description: String
    }

    /// A table of rules, in the words of `nft`: `ip6 swkube`.
    package struct Table: Sendable, Equatable, CustomStringConvertible {
        package let family: IPFamily
        package let name: String

        package var description: String { "\(family.header) \(name)" }
    }

    private let network: ClusterNetwork

    package init(network: ClusterNetwork) {
        self.network = network
        room = network.isPrivileged ? 128 << 20 : network.filterRoom
    }

    /// Where the host has the program; nil when it has none.
    package static var program: String? {
        ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/usr/local/sbin/nft"].first { access($0, X_OK) == 0 }
    }

    /// Why no rule can be in force here; nil where all can.
    package static func problem(_ network: ClusterNetwork) -> String? {
        if let problem = network.problem { return "the host gives the cluster no network of its own (\(problem))" }
        if !network.isOwn { return "the cluster has no network of its own" }
        return program == nil ? "the program nft is not there; install it: apt-get install nftables" : nil
    }

    /// Puts a text into force: all of it or, with a ``Refusal``, nothing. Blocks no thread of the pool.
    package func apply(_ text: String) async throws {
        guard let program = Self.program else { throw Refusal(description: "the program nft is not there") }
        let outcome: (exitCode: Int32, error: String) = try await network.run([program, "-f", "-"], input: Array(text.utf8))
        guard outcome.exitCode == 0 else {
            throw Refusal(description: outcome.error.isEmpty ? "nft ended with \(outcome.exitCode)" : String(outcome.error.prefix(500)))
        }
    }

    /// Fills a table that has no effect yet, in as many transactions as it needs, and puts it into force with the last of them.
    ///
    /// - Parameters:
    ///   - text: its rules, in lines that are not long.
    ///   - entry: what gives it effect.
    package func apply(_ text: String, entry: String) async throws {
        var part = ""
        var weight: Int = Self.weight(entry)
        for line in text.split(separator: "\n") {
            let more: Int = Self.weight(line)
            if weight + more > room {
                try await apply(part)
                (part, weight) = ("", Self.weight(entry))
            }
            part += line + "\n"
            weight += more
        }
        try await apply(part + entry)
    }

    /// Puts changes of a table into force: all of them or, with an error, nothing.
    ///
    /// - Returns: false when they are too many for one transaction, and nothing was done.
    func apply(_ steps: [ServiceStep], table: Table) async throws -> Bool {
        if try await applyDirectly(steps, table: table, inParts: false) { return true }
        let text: String = ServiceStep.text(steps, table: table)
        guard takes(text) else { return false }
        if !text.isEmpty { try await apply(text) }
        return true
    }

    /// Fills a table that has no effect yet, and puts it into force with one last transaction.
    ///
    /// - Parameters:
    ///   - foundation: what makes the table.
    ///   - entry: what gives it effect.
    package func apply(_ foundation: String, _ steps: [ServiceStep], table: Table, entry: String) async throws {
        guard !steps.isEmpty, steps.allSatisfy({ $0.change != nil }) else {
            return try await apply(foundation + ServiceStep.text(steps, table: table), entry: entry)
        }
        try await apply(foundation)
        _ = try await applyDirectly(steps, table: table, inParts: true)
        try await apply(entry)
    }

    /// False for what only `nft` can say, or what is too much at once; nothing was done then.
    private func applyDirectly(_ steps: [ServiceStep], table: Table, inParts: Bool) async throws -> Bool {
        var changes: [FilterChange] = []
        for step in steps {
            guard let change = step.change else { return false }
            changes.append(change)
        }
        let all: [FilterChange] = changes
        let result: Result<Void, SandboxError> = await BlockingThread.run { [network] in
            Result { () throws(SandboxError) in try network.change(table: table.name, ofIPv6: table.family == .v6, all, inParts: inParts) }
        }
        if case .failure(let error) = result, error.errno == E2BIG { return false }
        try result.get()
        return true
    }

    /// Whether there is a chain of that family, table and name.
    func has(chain: String) async -> Bool {
        guard let program = Self.program else { return false }
        return (try? await network.run([program, "list", "chain"] + chain.split(separator: " ").map(String.init), input: []).exitCode) == 0
    }

    static func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

    /// Lines that add elements to a set or map, or delete them. Some hundred in a line, which is much quicker than each in its own, and
    /// still short enough to be sent in parts.
    ///
    /// - Parameter name: with family and table.
    static func elements(_ verb: String, _ name: String, _ list: [String]) -> [String] {
        stride(from: 0, to: list.count, by: 200).map { start in
            "\(verb) element \(name) { \(list[start..<min(list.count, start + 200)].joined(separator: ", ")) }"
        }
    }

    /// Whether a text can go in one transaction.
    package func takes(_ text: String) -> Bool { Self.weight(text) <= room }

    /// Bytes that `nft` can send at once: for an ordinary user what the kernel lends each socket, some of them left for the rest of a
    /// transaction. It asks for more only as root may.
    private let room: Int

    /// Bytes that lines of a text become, at most: rules are expressions to the kernel, which are much longer than their words.
    private static func weight(_ text: some StringProtocol) -> Int {
        text.split(separator: "\n").reduce(0) { $0 + $1.utf8.count * ($1.hasPrefix("add rule") ? 6 : 3) }
    }
}

extension IPFamily {
    /// As `nft` calls the family's tables and the headers of its packets.
    var header: String { self == .v4 ? "ip" : "ip6" }
    /// As `nft` calls addresses in sets and maps.
    var addressType: String { self == .v4 ? "ipv4_addr" : "ipv6_addr" }
}
