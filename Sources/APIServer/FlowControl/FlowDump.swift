import API
import Machinery
import Synchronization

/// The state of flow control for people, under upstream's addresses and headings.
///
/// Source: k8s.io/apiserver/pkg/util/flowcontrol/dump.go.
extension FlowControl {
    static let debugPath = "/debug/api_priority_and_fairness/"

    /// nil for another path. - Parameter withDetails: what is asked for in a request that waits, too.
    func dump(_ path: String, withDetails: Bool) -> String? {
        guard path.hasPrefix(Self.debugPath) else { return nil }
        switch path.dropFirst(Self.debugPath.count) {
        case "dump_priority_levels": return levels
        case "dump_queues": return queues
        case "dump_requests": return requests(withDetails)
        default: return nil
        }
    }

    private func sorted() -> [FlowLevel] { state.withLock { state in state.levels.values.sorted { $0.name < $1.name } } }

    private var levels: String {
        var rows: [[String]] = [
            [
                "PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests", "ExecutingRequests",
                "DispatchedRequests", "RejectedRequests", "TimedoutRequests", "CancelledRequests",
            ]
        ]
        for level in sorted() {
            let refused: [FlowLevel.Refusal: Int] = level.counts.refused
            let rejected: Int = (refused[.queueFull] ?? 0) + (refused[.limit] ?? 0)
            let active: Int = level.queues?.states.count { $0.waiting > 0 || $0.executing > 0 } ?? 0
            rows.append([
                level.name, "\(active)", "\(level.isIdle)", "\(level.isQuiescing)", "\(level.waiting)", "\(level.executing)",
                "\(level.counts.dispatched)", "\(rejected)", "\(refused[.timeOut] ?? 0)", "\(refused[.cancelled] ?? 0)",
            ])
        }
        return Self.table(rows)
    }

    private var queues: String {
        var rows: [[String]] = [
            [
                "PriorityLevelName", "Index", "PendingRequests", "ExecutingRequests", "SeatsInUse", "NextDispatchR", "InitialSeatsSum",
                "MaxSeatsSum", "TotalWorkSum",
            ]
        ]
        for level in sorted() {
            for (index, queue) in (level.queues?.states ?? []).enumerated() {
                rows.append([
                    level.name, "\(index)", "\(queue.waiting)", "\(queue.executing)", "\(queue.seatsInUse)", "\(queue.nextStart)ss",
                    "\(queue.waitingSeats)", "\(queue.waitingSeats)", "\(queue.waitingSeats)ss",
                ])
            }
        }
        return Self.table(rows)
    }

    private func requests(_ withDetails: Bool) -> String {
        let details: [String] = ["UserName", "Verb", "APIPath", "Namespace", "Name", "APIVersion", "Resource", "SubResource"]
        var rows: [[String]] = [
            [
                "PriorityLevelName", "FlowSchemaName", "QueueIndex", "RequestIndexInQueue", "FlowDistingsher", "WaitingSeconds",
                "InitialSeats", "FinalSeats", "AdditionalLatency",
            ] + (withDetails ? details : [])
        ]
        for level in sorted() {
            for (queue, tickets) in level.queues?.waiting ?? [] {
                for (index, ticket) in tickets.enumerated() {
                    let request: FlowRequest = ticket.request
                    let parts: [Substring] = request.resource.split(separator: "/", maxSplits: 1)
                    let waited: Double = ticket.arrived.duration(to: .now) / .seconds(1)
                    rows.append(
                        [
                            level.name, ticket.rules.name, "\(queue)", "\(index)", ticket.flow, "\(waited)", "\(ticket.seats)", "0", "0s",
                        ]
                            + (withDetails
                                ? [
                                    ticket.user.name, request.verb, request.path, request.namespace, "", request.group,
                                    String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : "",
                                ] : []))
                }
            }
        }
        return Self.table(rows)
    }

    /// Cells end with a comma, columns line up.
    private static func table(_ rows: [[String]]) -> String {
        let columns: Int = rows.first?.count ?? 0
        let widths: [Int] = (0..<columns).map { i in (rows.map { $0[i].count }.max() ?? 0) + 2 }
        return rows.map { row in
            row.enumerated().map { i, cell in
                i == columns - 1 ? cell : cell + "," + String(repeating: " ", count: widths[i] - cell.count - 1)
            }.joined() + "\n"
        }.joined()
    }
}
