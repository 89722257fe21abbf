import API
import Machinery
import Testing

@testable import Scheduler

/// Profiles and what a file may say of them.
struct ProfileTests {
    private func file(_ rest: String) -> String {
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n" + rest
    }

    private func place(_ pod: PodInfo, _ nodes: [NodeInfo], _ profile: Profile) -> String {
        Decision.make(for: pod, Snapshot(nodes: nodes), profile).text
    }

    @Test func `plugins can be left out and weighed`() throws {
        let configuration = try SchedulerConfiguration(
            yaml: file(
                """
                percentageOfNodesToScore: 30
                podMaxBackoffSeconds: 20
                profiles:
                - schedulerName: plain
                  plugins:
                    multiPoint:
                      disabled: [{name: TaintToleration}]
                    score:
                      disabled: [{name: '*'}]
                      enabled: [{name: NodeAffinity, weight: 7}]
                """))
        let profile: Profile = try #require(configuration.profiles.first)
        #expect(profile.schedulerName == "plain" && profile.percentageOfNodesToScore == 30)
        #expect(profile.scores.map { "\($0.plugin.name) \($0.weight)" } == ["NodeAffinity 7"])
        #expect(configuration.backOff.longest == .seconds(20))
        let tainted: NodeInfo = try node("a", spec: #""taints":[{"key":"k","effect":"NoSchedule"}]"#)
        #expect(place(try pod("p"), [tainted], profile) == "a")
    }

    @Test func `a strategy fills nodes up, or follows a line`() throws {
        func profile(_ strategy: String) throws -> Profile {
            let yaml: String = file(
                """
                profiles:
                - pluginConfig:
                  - name: NodeResourcesFit
                    args:
                      scoringStrategy: \(strategy)
                """)
            return try #require(try SchedulerConfiguration(yaml: yaml).profiles.first)
        }
        let nodes: [NodeInfo] = [try node("a"), try node("b", running: [try pod("old", asking(cpu: "2", memory: "4Gi"))])]
        let fresh: PodInfo = try pod("p", asking(cpu: "1", memory: "2Gi"))
        #expect(place(fresh, nodes, try profile("{type: LeastAllocated}")) == "a")
        #expect(place(fresh, nodes, try profile("{type: MostAllocated}")) == "b")
        let line =
            "{type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}}"
        #expect(place(fresh, nodes, try profile(line)) == "b")
        let shape: [PluginArguments.Strategy.Point] = [.init(utilization: 20, score: 10), .init(utilization: 70, score: 0)]
        #expect([0, 20, 45, 70, 90].map { FitPreference.broken(shape, $0) } == [100, 100, 50, 0, 0])
    }

    @Test(arguments: [
        ("profiles: [{plugins: {filter: {enabled: [{name: Magic}]}}}]", #"profiles[0].plugins.filter.enabled[0].name: Not found: "Magic""#),
        ("profiles: [{}, {}]", #"profiles[1].schedulerName: Duplicate value: "default-scheduler""#),
        ("percentageOfNodesToScore: 101", "percentageOfNodesToScore: Invalid value: 101"),
        ("magic: 1", #"unknown field "magic""#),
        ("profiles: [{pluginConfig: [{name: NodeName}]}]", "profiles[0].pluginConfig[0].name: Unsupported value: \"NodeName\""),
        ("profiles: [{plugins: {bind: {disabled: [{name: '*'}]}}}]", "profiles[0].plugins.bind: Required value"),
    ])
    func `what is wrong in a file is said with its place`(text: String, problem: String) {
        let error: (any Error)? = #expect(throws: SchedulerConfigurationError.self) { try SchedulerConfiguration(yaml: file(text)) }
        #expect(error.map { "\($0)" }?.contains(problem) == true, "\(error.map { "\($0)" } ?? "none")")
    }

    @Test(
        arguments: [
            (50, nil, 50), (100, nil, 100), (1000, nil, 420), (5000, nil, 500), (6000, nil, 300), (5000, 20, 1000), (200, 1, 100),
        ] as [(Int, Int?, Int)])
    func `of many nodes some are enough`(count: Int, percentage: Int?, expected: Int) {
        #expect(Decision.enough(of: count, percentage) == expected)
    }

    @Test func `searches that end early visit all nodes in turn, zone by zone`() throws {
        var snapshot = Snapshot(
            nodes: try (0..<150).map { try node("n\(100 + $0)", labels: ["topology.kubernetes.io/zone": $0 < 75 ? "a" : "b"]) })
        let fresh: PodInfo = try pod("p")
        snapshot.prepare(for: fresh, PluginArguments())
        #expect((0..<4).map { snapshot.nodes[snapshot.visited($0)].name } == ["n100", "n175", "n101", "n176"])
        var start: Int = 0
        var steps = StepTimes()
        var starts: [Int] = []
        for _ in 0..<4 {
            _ = Decision.make(for: fresh, snapshot, start: &start, steps: &steps)
            starts.append(start)
        }
        #expect(starts == [100, 50, 0, 100])
    }
}

/// Counts that are kept up are those that a look at every pod gives.
struct PlaceIndexTests {
    private func spread(_ app: String) -> String {
        #""topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"\#(app)"}}}]"#
    }

    @Test func `through all changes`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            var kept = Snapshot()
            let asking: [PodInfo] = try ["a", "b"].map { app in
                let term: String = #"{"labelSelector":{"matchLabels":{"app":"\#(app)"}},"topologyKey":"zone"}"#
                return try pod(
                    "asks-\(app)",
                    spread(app) + #","affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[\#(term)]}}"#,
                    labels: ["app": app])
            }
            var present: [(pod: PodInfo, node: String)] = []
            for step in 0..<120 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0:
                    let name: String = "n\(Int.random(in: 0..<6, using: &random))"
                    var info: NodeInfo = try node(name, labels: ["zone": "z\(Int.random(in: 0..<3, using: &random))"])
                    if let old = kept.node(name) { info.takePods(of: old) }
                    kept.set(info)
                case 1:
                    let name: String = "n\(Int.random(in: 0..<6, using: &random))"
                    if kept.removeNode(name) != nil { present.removeAll { $0.node == name } }
                case 2..<4:
                    guard let index = present.indices.randomElement(using: &random) else { continue }
                    let gone: (pod: PodInfo, node: String) = present.remove(at: index)
                    kept.remove(gone.pod, from: gone.node)
                default:
                    guard let node = kept.nodes.randomElement(using: &random)?.name else { continue }
                    let app: String = ["a", "b"].randomElement(using: &random) ?? "a"
                    let new: PodInfo = try pod("p\(step)", step % 3 == 0 ? spread("a") : "", labels: ["app": app])
                    kept.add(new, to: node)
                    present.append((new, node))
                }
                for pod in asking { kept.prepare(for: pod, PluginArguments()) }
                let fresh = Snapshot(nodes: kept.nodes)
                for pod in asking {
                    let constraints: [SpreadConstraint] = pod.spread
                    #expect(
                        kept.counts(for: constraints[0], of: pod, among: constraints)
                            == fresh.counts(for: constraints[0], of: pod, among: constraints))
                    #expect(
                        kept.counts(of: pod.antiAffinity, by: "zone") == fresh.counts(of: pod.antiAffinity, by: "zone"))
                    #expect(Decision.make(for: pod, kept).text == Decision.make(for: pod, fresh).text)
                }
            }
        }
    }
}
