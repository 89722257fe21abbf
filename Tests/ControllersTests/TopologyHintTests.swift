import API
import Machinery
import Testing

@testable import Controllers

/// Source: staging/src/k8s.io/endpointslice/topologycache/topologycache_test.go.
struct TopologyHintTests {
    /// - Parameter zones: of the endpoints.
    private func slices(_ zones: [String]) -> [SlicePlan.Group] {
        [SlicePlan.Group(ports: [], endpoints: zones.map { ["zone": .string($0), "conditions": ["ready": true]] })]
    }

    private func nodes(_ cpu: [String: Int64]) -> TopologyHints {
        TopologyHints(cpu.map { TopologyHints.Share(zone: $0.key, cpu: $0.value * 1000) })
    }

    private func hints(_ slices: [SlicePlan.Group]) -> [String: Int] {
        slices.flatMap(\.endpoints).compactMap { $0[["hints", "forZones"]]?.array?.first?["name"]?.string }
            .reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    @Test(
        arguments: [
            (["a", "a", "b", "b"], ["a": 1, "b": 1], ["a": 2, "b": 2]),
            (["a", "a", "a", "a"], ["a": 2, "b": 2], ["a": 2, "b": 2]),
            (["a", "a", "b"], ["a": 4, "b": 2], ["a": 2, "b": 1]),
            (["a", "a", "a", "b", "b", "b", "c", "c", "c"], ["a": 3, "b": 3, "c": 3], ["a": 3, "b": 3, "c": 3]),
        ] as [([String], [String: Int64], [String: Int])])
    func `each zone gets its share`(zones: [String], cpu: [String: Int64], expected: [String: Int]) throws {
        #expect(hints(try nodes(cpu).hinted(slices(zones)).get()) == expected)
    }

    @Test(
        arguments: [
            (["a", "b", "a"], ["a": 1], "Nodes only ready in one zone"),
            (["a"], ["a": 1, "b": 1], "Insufficient number of endpoints (1), impossible to safely allocate proportionally"),
            (["a", "b"], ["a": 1, "b": 0], "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"),
            (["a", "b"], ["a": 9, "b": 1], "Minimum allocation required exceeds the total number of endpoints (2)"),
        ] as [([String], [String: Int64], String)])
    func `where shares would be unfair there are no hints`(zones: [String], cpu: [String: Int64], expected: String) {
        #expect(nodes(cpu).hinted(slices(zones)) == .failure(TopologyHints.Refusal(text: expected)))
    }
}
