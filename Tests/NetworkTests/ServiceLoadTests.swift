import API
import Machinery
import Sandbox
import TestSupport
import Testing

@testable import Network

/// Many services at once, in a network of their own.
@Suite(.serialized) struct ServiceLoadTests {
    private static func routes(_ count: Int, endpoints: Int) -> [ServiceRoute] {
        (0..<count).flatMap { index -> [ServiceRoute] in
            let service = View<Service>([
                "metadata": ["name": .string("web-\(index)"), "namespace": "default"],
                "spec": [
                    "type": "ClusterIP", "clusterIPs": [.string("10.96.\(index / 250).\(index % 250 + 2)")],
                    "ports": [["name": "http", "port": 80, "protocol": "TCP"]],
                ],
            ])
            let slice = View<EndpointSlice>([
                "metadata": ["name": "web-1", "namespace": "default"], "addressType": "IPv4",
                "ports": [["name": "http", "port": 8080, "protocol": "TCP"]],
                "endpoints": .array(
                    (0..<endpoints).map {
                        ["addresses": [.string("10.244.\((index + $0) / 250).\((index + $0) % 250 + 2)")], "conditions": ["ready": true]]
                    }),
            ])
            return ServiceRoute.all(of: service, slices: [slice])
        }
    }

    @Test(arguments: [1, 2]) func `services are loaded at once, and one of them is changed`(endpoints: Int) async throws {
        // All five thousand of the goal where the machine has nothing else to do: SWKUBE_BENCH=1.
        let count: Int = Command.environment["SWKUBE_BENCH"] == nil ? 500 : 5000
        let folder = try TemporaryFolder("network")
        let network = try ClusterNetwork(
            ClusterNetwork.Configuration(folder: folder.file("net"), addresses: ["10.244.0.1"], ranges: ["10.96.0.0/16"]),
            executable: TestHome.binary)
        defer { network.stop() }
        try #require(PacketFilter.program != nil)
        let filter = PacketFilter(network: network)
        let ruleset = ServiceRuleset(.v4, nodeAddress: "10.244.0.1", nodes: "10.244.0.0/16", ranges: ["10.96.0.0/16"])
        let routes: [ServiceRoute] = Self.routes(count, endpoints: endpoints)
        var numbers = ServiceRuleset.Numbers()
        let clock = ContinuousClock()
        var steps: [ServiceStep] = []
        let making: Duration = clock.measure { steps = ruleset.steps(from: [], to: routes, &numbers) }
        let loading: Duration = try await clock.measure {
            try await filter.apply(ruleset.foundation, steps, table: ruleset.table, entry: ruleset.entry)
        }
        var change: Duration = .seconds(9)
        for turn in 0..<5 {
            let index: Int = turn * 7
            let one: [ServiceStep] = ruleset.steps(from: [routes[index]], to: [], &numbers)
            var isDone = false
            change = min(change, try await clock.measure { isDone = try await filter.apply(one, table: ruleset.table) })
            #expect(isDone)
        }
        print("\(count) services with \(endpoints) endpoints: steps \(making), load \(loading), change \(change)")
    }
}
