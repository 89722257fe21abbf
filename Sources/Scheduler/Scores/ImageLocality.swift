import API
import Machinery

/// Nodes that hold the pod's images already are better: the more, the larger and the more widely spread these are.
///
/// Source: pkg/scheduler/framework/plugins/imagelocality.
struct ImageLocality: Score {
    static let name = "ImageLocality"
    private static let least: Int64 = 23 << 20
    private static let mostOfContainer: Int64 = 1000 << 20

    private let images: [String]
    /// Share of the nodes that hold an image.
    private let spread: [String: Double]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ nodes: [Int], _ arguments: PluginArguments) {
        images = pod.images
        guard !snapshot.imageHolders.isEmpty else { return nil }
        var holders: [String: Int] = [:]
        for image in pod.images { holders[image] = snapshot.imageHolders[image] }
        guard !holders.isEmpty else { return nil }
        spread = holders.mapValues { Double($0) / Double(snapshot.nodes.count) }
    }

    func score(_ node: NodeInfo) -> Double {
        let sum: Int64 = images.reduce(0) { sum, image in
            guard let size = node.images[image] else { return sum }
            return sum + Int64(Double(size) * (spread[image] ?? 0))
        }
        let most: Int64 = Self.mostOfContainer * Int64(max(1, images.count))
        let capped: Int64 = min(max(sum, Self.least), most)
        return Double(100 * (capped - Self.least) / (most - Self.least))
    }
}
