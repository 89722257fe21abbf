/// Why a pod fits nowhere.
struct Unfit: Sendable {
    let nodeCount: Int
    /// By name of the node.
    var rejections: [String: Rejection] = [:]
    /// What holds for all nodes alike; nil where each was asked.
    var verdict: String?

    var plugins: Set<String> { Set(rejections.values.map { $0.plugin }) }

    /// `0/3 nodes are available: 1 Insufficient memory, 3 Insufficient cpu.`
    var message: String {
        guard nodeCount > 0 else { return "no nodes available to schedule pods" }
        if let verdict { return "0/\(nodeCount) nodes are available: \(verdict)." }
        return Self.message(nodeCount, rejections.values.map { $0.reasons })
    }

    /// Source: `FitError` of pkg/scheduler/framework.
    static func message(_ nodeCount: Int, _ reasons: [[String]]) -> String {
        var counts: [String: Int] = [:]
        for reason in reasons.joined() { counts[reason, default: 0] += 1 }
        let parts: [String] = counts.map { "\($0.value) \($0.key)" }.sorted()
        let start: String = "0/\(nodeCount) nodes are available:"
        return parts.isEmpty ? start : start + " " + parts.joined(separator: ", ") + "."
    }
}
