package import Logging
import Machinery
package import Sandbox

/// Keeps the way out of the cluster open: to the internet and to the host, where a program of the host carries packets.
///
/// Pods leave under the program's address. Without such a program they have the cluster alone, which `swkube doctor` tells.
package struct Egress: Sendable {
    private let network: ClusterNetwork
    private let log: Logger
    /// How often a program that ended is found.
    private static let interval: Duration = .seconds(5)

    package init(network: ClusterNetwork, log: Logger) {
        self.network = network
        self.log = log
    }

    /// Keeps it open until the task is cancelled; it stays open then.
    package func run() async {
        guard network.isOwn, PacketFilter.program != nil, let program = ClusterNetwork.egressProgram else { return }
        var complaint: String?
        var isTranslated = false
        while !Task.isCancelled {
            do {
                if !isTranslated {
                    try await PacketFilter(network: network).apply(Self.translation(network.hasIPv6 ? [.v4, .v6] : [.v4]))
                    isTranslated = true
                }
                let result: Result<Void, SandboxError> = await BlockingThread.run { [network] in
                    Result { () throws(SandboxError) in try network.openEgress(by: program) }
                }
                try result.get()
                complaint = nil
            } catch {
                let text = "\(error)"
                if text != complaint { log.warning("pods reach nothing outside of the cluster", metadata: ["reason": "\(error)"]) }
                complaint = text
            }
            try? await ContinuousClock().sleep(for: Self.interval)
        }
    }

    static func translation(_ families: [IPFamily]) -> String {
        families.map { family in
            let table = PacketFilter.Table(family: family, name: "swkube-egress")
            return """
                add table \(table)
                delete table \(table)
                add table \(table)
                add chain \(table) leaving { type nat hook postrouting priority 110; }
                add rule \(table) leaving oifname "\(ClusterNetwork.egressInterface)" masquerade

                """
        }.joined()
    }
}
