import API
import Client
import HTTP
import Machinery
import Synchronization
import TestSupport
import Testing

@testable import APIServer

/// Priority and fairness on the wire. Outside source: KEP-1040 and the documentation "API Priority and Fairness".
struct FlowControlTests {
    private static let group = "/apis/flowcontrol.apiserver.k8s.io/v1"

    private func level(_ server: TestServer, _ name: String, _ response: JSON) async throws {
        let made = try await server.ask(
            "POST", Self.group + "/prioritylevelconfigurations",
            [
                "metadata": ["name": .string(name)],
                "spec": ["type": "Limited", "limited": ["nominalConcurrencyShares": 1, "limitResponse": response]],
            ])
        #expect(made.code == 201, "\(made)")
    }

    private func schema(_ server: TestServer, _ name: String, level: String) async throws -> String {
        let made = try await server.ask(
            "POST", Self.group + "/flowschemas",
            [
                "metadata": ["name": .string(name)],
                "spec": [
                    "priorityLevelConfiguration": ["name": .string(level)], "matchingPrecedence": 5,
                    "distinguisherMethod": ["type": "ByUser"],
                    "rules": [
                        [
                            "subjects": [["kind": "User", "user": ["name": "ada"]]],
                            "resourceRules": [
                                ["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": true]
                            ],
                        ]
                    ],
                ],
            ])
        #expect(made.code == 201, "\(made)")
        return made["metadata", "uid"]?.string ?? ""
    }

    private let ada = UserInfo(name: "ada", groups: ["system:authenticated"])

    private func request(seats: Int = 1) -> FlowRequest {
        FlowRequest(APIRequest(.list, ConfigMap.names.resource, namespace: "default"), seats: seats)
    }

    @Test func `a request belongs to the first schema that matches, and says so`() async throws {
        let server = try await TestServer()
        try await level(server, "small", ["type": "Reject"])
        let uid: String = try await schema(server, "ada", level: "small")
        let verdict = server.server.flowControl.admit(ada, request()) { _, _ in }
        #expect(verdict.schemaUID == uid)
        guard case .runs(let ticket) = verdict.outcome else {
            Issue.record("it should run")
            return
        }
        server.server.flowControl.end(ticket)
        for preset in FlowControlPresets.mandatoryLevels { try await server.client.create(preset) }
        for preset in FlowControlPresets.mandatorySchemas { try await server.client.create(preset) }
        try await TestFront.with(server) { front in
            let answer: HTTPResponse = try await front.send("GET", Place.configMaps)
            #expect(answer.headers["x-kubernetes-pf-flowschema-uid"] != nil)
            #expect(answer.headers["x-kubernetes-pf-prioritylevel-uid"] != nil)
        }
    }

    @Test func `more than the seats of a level that rejects are refused, and their end makes room`() async throws {
        let server = try await TestServer()
        try await level(server, "small", ["type": "Reject"])
        _ = try await schema(server, "ada", level: "small")
        let flows: FlowControl = server.server.flowControl
        var running: [FlowTicket] = []
        while case .runs(let ticket) = flows.admit(ada, request(), decided: { _, _ in }).outcome { running.append(ticket) }
        // One share of six (catch-all has five) of 600 seats.
        #expect(running.count == 100)
        flows.end(running[0])
        guard case .runs = flows.admit(ada, request(), decided: { _, _ in }).outcome else {
            Issue.record("another outcome")
            return
        }
        #expect(flows.dump("/debug/api_priority_and_fairness/dump_priority_levels", withDetails: false)?.contains("small,") == true)
    }

    @Test func `who waits is let go when another ends, and is refused when time is up`() async throws {
        let server = try await TestServer()
        try await level(server, "small", ["type": "Queue", "queuing": ["queues": 1, "handSize": 1, "queueLengthLimit": 2]])
        _ = try await schema(server, "ada", level: "small")
        let flows: FlowControl = server.server.flowControl
        var running: [FlowTicket] = []
        let decisions = Decisions()
        while case .runs(let ticket) = flows.admit(ada, request(), decided: { decisions.add($1) }).outcome { running.append(ticket) }
        #expect(running.count == 100)
        guard case .waits = flows.admit(ada, request(), decided: { decisions.add($1) }).outcome else {
            Issue.record("another outcome")
            return
        }
        guard case .refused = flows.admit(ada, request(), decided: { decisions.add($1) }).outcome else {
            Issue.record("another outcome")
            return
        }
        flows.end(running[0])
        #expect(decisions.all == [true])
        server.clock.advance(by: .seconds(16))
        try await eventually("the second one waited too long") { decisions.all == [true, false] }
    }

    @Test(arguments: [true, false])
    func `of wide requests one has its turn, and small ones pass those that wait for theirs`(isSlow: Bool) async throws {
        let server = try await TestServer()
        try await level(server, "small", ["type": "Queue", "queuing": ["queues": 4, "handSize": 2, "queueLengthLimit": 9]])
        _ = try await schema(server, "ada", level: "small")
        let flows: FlowControl = server.server.flowControl
        let decisions = Decisions()
        guard case .runs(let first) = flows.admit(ada, request(seats: 5), decided: { _, _ in }).outcome else {
            Issue.record("another outcome")
            return
        }
        guard case .waits(let second) = flows.admit(ada, request(seats: 5), decided: { decisions.add($1) }).outcome else {
            Issue.record("another outcome")
            return
        }
        guard case .runs = flows.admit(ada, request(), decided: { _, _ in }).outcome else {
            Issue.record("a small one waited")
            return
        }
        #expect(decisions.all == [])
        // The first is answered, or its client takes its time.
        if isSlow { flows.turnEnded(first) } else { flows.end(first) }
        #expect(decisions.all == [true])
        // It is the second's turn now: that the first ends changes nothing.
        flows.turnEnded(first)
        flows.end(first)
        guard case .waits = flows.admit(ada, request(seats: 5), decided: { decisions.add($1) }).outcome else {
            Issue.record("two have their turn")
            return
        }
        flows.end(second)
        #expect(decisions.all == [true, true])
    }
}

private final class Decisions: Sendable {
    private let decisions = Mutex<[Bool]>([])
    func add(_ mayRun: Bool) { decisions.withLock { $0.append(mayRun) } }
    var all: [Bool] { decisions.withLock { $0 } }
}
