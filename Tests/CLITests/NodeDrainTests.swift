import API
import Machinery
import Testing

@testable import CLI

@Suite struct NodeDrainTests {
    @Test(arguments: [(0, 100, false), (1, 1, false), (1, 2, true), (10, 10, false), (10, 11, true)])
    func `a pod is passed over when its deletion began more than so many whole seconds ago`(limit: Int, age: Int, isPassed: Bool) {
        var drain = Drain()
        drain.skipWaitSeconds = limit
        let began = Time(seconds: 1_000_000)
        let pod = Pod.new("p", namespace: "default") { $0.metadata.deletionTimestamp = began }
        #expect(NodeDrain.isDeletedLongAgo(pod, drain, began + .seconds(age)) == isPassed)
        #expect(!NodeDrain.isDeletedLongAgo(Pod.new("p", namespace: "default"), drain, began + .seconds(age)))
    }
}
