import API
import Machinery

/// Nodes with a larger free share of processor and memory are better.
struct LeastAllocated: Score {
    static let name = "NodeResourcesFit"
    static let weight = 1

    private let pod: PodInfo

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [NodeInfo]) { self.pod = pod }

    func score(_ node: NodeInfo) -> Double {
        let all: BasicAmounts = node.basics
        let taken: BasicAmounts = node.weight + pod.weight
        var sum: Int64 = 0
        var count: Int64 = 0
        for (all, taken) in [(all.cpu, taken.cpu), (all.memory, taken.memory)] where all > 0 {
            sum += taken > all ? 0 : Int64(Double(all - taken) * 100 / Double(all))
            count += 1
        }
        return count > 0 ? Double(sum / count) : 0
    }
}
