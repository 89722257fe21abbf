import API
import Machinery
import Testing

@testable import APIServer

/// Source of the rules: KEP-1040 and k8s.io/apiserver/pkg/util/flowcontrol.
struct FlowRulesTests {
    private func schema(_ rules: JSON, by method: String? = nil) -> FlowRules {
        var spec: JSON = ["priorityLevelConfiguration": ["name": "level"], "matchingPrecedence": 100, "rules": [rules]]
        if let method { spec["distinguisherMethod"] = ["type": .string(method)] }
        return FlowRules(View<FlowSchema>(["metadata": ["name": "s"], "spec": spec]), counts: FlowCounts())
    }

    private func request(_ verb: Verb, _ resource: String, namespace: String? = nil, subresource: String? = nil) -> FlowRequest {
        FlowRequest(
            APIRequest(
                verb, GroupVersionResource(group: "", version: "v1", resource: resource), namespace: namespace, subresource: subresource),
            seats: 1)
    }

    private let everything: JSON = ["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": true]

    @Test func `users, groups and service accounts are told apart`() {
        func matches(_ subject: JSON, _ user: UserInfo) -> Bool {
            schema(["subjects": [subject], "resourceRules": [everything]]).matches(user, request(.list, "pods"))
        }
        let ada = UserInfo(name: "ada", groups: ["ops"])
        let robot = UserInfo(name: "system:serviceaccount:ci:builder", groups: [])
        #expect(matches(["kind": "User", "user": ["name": "ada"]], ada))
        #expect(!matches(["kind": "User", "user": ["name": "bob"]], ada))
        #expect(matches(["kind": "User", "user": ["name": "*"]], ada))
        #expect(matches(["kind": "Group", "group": ["name": "ops"]], ada))
        #expect(!matches(["kind": "Group", "group": ["name": "dev"]], ada))
        #expect(matches(["kind": "ServiceAccount", "serviceAccount": ["namespace": "ci", "name": "*"]], robot))
        #expect(matches(["kind": "ServiceAccount", "serviceAccount": ["namespace": "ci", "name": "builder"]], robot))
        #expect(!matches(["kind": "ServiceAccount", "serviceAccount": ["namespace": "c", "name": "*"]], robot))
        #expect(!matches(["kind": "ServiceAccount", "serviceAccount": ["namespace": "ci", "name": "*"]], ada))
    }

    @Test func `resources match by verb, group, subresource and place`() {
        let rule: JSON = ["verbs": ["list"], "apiGroups": [""], "resources": ["pods", "pods/log"], "namespaces": ["default"]]
        let rules: FlowRules = schema(
            ["subjects": [["kind": "Group", "group": ["name": "*"]]], "resourceRules": [rule]], by: "ByNamespace")
        let user = UserInfo(name: "ada", groups: [])
        #expect(rules.matches(user, request(.list, "pods", namespace: "default")))
        #expect(rules.matches(user, request(.list, "pods", namespace: "default", subresource: "log")))
        #expect(!rules.matches(user, request(.list, "pods", namespace: "default", subresource: "status")))
        #expect(!rules.matches(user, request(.get, "pods", namespace: "default")))
        #expect(!rules.matches(user, request(.list, "pods")))
        #expect(!rules.matches(user, request(.list, "secrets", namespace: "default")))
        #expect(rules.flow(user, request(.list, "pods", namespace: "default")) == "default")
    }

    @Test func `paths match whole or by what they begin with`() {
        let rule: JSON = ["verbs": ["get"], "nonResourceURLs": ["/healthz", "/debug/*"]]
        let rules: FlowRules = schema(["subjects": [["kind": "Group", "group": ["name": "*"]]], "nonResourceRules": [rule]])
        let user = UserInfo(name: "ada", groups: [])
        #expect(rules.matches(user, FlowRequest(verb: "get", path: "/healthz")))
        #expect(rules.matches(user, FlowRequest(verb: "get", path: "/debug/x")))
        #expect(!rules.matches(user, FlowRequest(verb: "post", path: "/healthz")))
        #expect(!rules.matches(user, FlowRequest(verb: "get", path: "/healthz/x")))
        #expect(!rules.matches(user, request(.list, "pods")))
    }
}

struct FairQueuesTests {
    @Test(arguments: [UInt64(0), 1, 12345, .max]) func `a hand has different cards of the deck`(hash: UInt64) {
        let hand: [Int] = ShuffleShard(queues: 16, handSize: 4).hand(of: hash)
        #expect(Set(hand).count == 4)
        #expect(hand.allSatisfy { (0..<16).contains($0) })
    }

    @Test func `a flow that floods its queue waits for itself`() {
        var queues = FairQueues<String>(shard: ShuffleShard(queues: 2, handSize: 1), lengthLimit: 10)
        for i in 1...3 { #expect(queues.add("flood\(i)", seats: 1, to: 0) != nil) }
        #expect(queues.add("small", seats: 1, to: 1) != nil)
        var order: [String] = []
        while let next = queues.next(where: { _, _ in true }) { order.append(next.item) }
        #expect(order == ["flood1", "small", "flood2", "flood3"])
    }

    @Test func `wide requests count for as many as they are`() {
        var queues = FairQueues<String>(shard: ShuffleShard(queues: 2, handSize: 1), lengthLimit: 10)
        for i in 1...2 { _ = queues.add("wide\(i)", seats: 3, to: 0) }
        for i in 1...4 { _ = queues.add("narrow\(i)", seats: 1, to: 1) }
        var order: [String] = []
        while let next = queues.next(where: { _, _ in true }) { order.append(next.item) }
        #expect(order == ["wide1", "narrow1", "narrow2", "narrow3", "wide2", "narrow4"])
    }

    @Test func `a full queue takes no more, and who leaves makes room`() {
        var queues = FairQueues<String>(shard: ShuffleShard(queues: 1, handSize: 1), lengthLimit: 1)
        let place = queues.add("one", seats: 1, to: 0)
        #expect(queues.add("two", seats: 1, to: 0) == nil)
        #expect(place.map { queues.remove($0) } == true)
        #expect(place.map { queues.remove($0) } == false)
        #expect(queues.add("two", seats: 1, to: 0) != nil)
    }

    @Test func `seats are divided by shares, and what is lent can come back`() {
        let limits: [LevelLimits] = LevelLimits.divide(
            600, among: [(shares: 30, lendable: 33, borrowing: nil), (shares: 100, lendable: 90, borrowing: 50), (0, 0, nil)])
        #expect(limits.map(\.nominal) == [139, 462, 0])
        #expect(limits.map(\.least) == [93, 46, 0])
        #expect(limits.map(\.most) == [600, 693, 600])
    }

    @Test func `a busy level borrows what idle ones may lend, and gives it back`() {
        let limits: [LevelLimits] = LevelLimits.divide(100, among: [(50, 50, nil), (50, 0, nil)])
        #expect(LevelLimits.adjust(limits, demands: [0, 0], seats: 100) == [50, 50])
        #expect(LevelLimits.adjust(limits, demands: [0, 200], seats: 100) == [25, 75])
        #expect(LevelLimits.adjust(limits, demands: [200, 0], seats: 100) == [50, 50])
        #expect(LevelLimits.adjust(limits, demands: [200, 200], seats: 100) == [50, 50])
    }
}
