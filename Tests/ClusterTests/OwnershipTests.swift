import API
import Client
import Machinery
import TestSupport
import Testing

/// What goes with its owner and what stays, in a cluster without a node. Outside source: test/e2e/apimachinery/garbage_collector.go of
/// Kubernetes.
@Suite struct OwnershipTests {
    private static func map(_ name: String, ownedBy owners: [View<ConfigMap>] = []) -> View<ConfigMap> {
        ConfigMap.new(name, namespace: "default") { $0.metadata.ownerReferences = owners.map(reference) }
    }

    private static func reference(_ owner: View<ConfigMap>) -> View<OwnerReference> {
        View<OwnerReference>([
            "apiVersion": "v1", "kind": "ConfigMap", "name": .string(owner.name), "uid": .string(owner.metadata.uid),
            "blockOwnerDeletion": true,
        ])
    }

    private static func delete(_ name: String, _ policy: String, _ client: Client) async throws {
        var request = APIRequest(.delete, ConfigMap.names.resource, namespace: "default", name: name)
        request.body = (["propagationPolicy": .string(policy)] as JSON).serialized()
        _ = try await client.send(request)
    }

    private static func find(_ name: String, _ client: Client) async throws -> View<ConfigMap>? {
        try await client.find(ConfigMap.self, ObjectKey(namespace: "default", name: name))
    }

    @Test func `owners take theirs along, let go of them, or wait for them`() async throws {
        try await TestCluster.with(hasNode: false) { test in
            let client: Client = test.client
            let (one, two) = (try await client.create(Self.map("one")), try await client.create(Self.map("two")))
            try await client.create(Self.map("both", ownedBy: [one, two]))
            try await Self.delete("one", "Foreground", client)
            try await eventually("the first owner is gone and the second one is left") {
                let owners: [String]? = try await Self.find("both", client)?.metadata.ownerReferences.map(\.name)
                return try await Self.find("one", client) == nil && owners == ["two"]
            }
            try await Self.delete("two", "Orphan", client)
            try await eventually("the owned is free") {
                let owners: [View<OwnerReference>]? = try await Self.find("both", client)?.metadata.ownerReferences
                return try await Self.find("two", client) == nil && owners?.isEmpty == true
            }
            let owner: View<ConfigMap> = try await client.create(Self.map("owner"))
            try await client.create(Self.map("owned", ownedBy: [owner]))
            try await Self.delete("owner", "Background", client)
            try await eventually("the owned follows its owner") { try await Self.find("owned", client) == nil }
            try await client.create(Self.map("ghost", ownedBy: [owner]))
            try await eventually("what nobody owns any longer goes") { try await Self.find("ghost", client) == nil }
        }
    }

    @Test func `an owner of another namespace is none, and an event says so`() async throws {
        try await TestCluster.with(hasNode: false) { test in
            let client: Client = test.client
            let far: View<ConfigMap> = try await client.create(ConfigMap.new("far", namespace: "kube-public"))
            let stray: View<ConfigMap> = try await client.create(Self.map("stray", ownedBy: [far]))
            try await eventually("it goes") { try await Self.find("stray", client) == nil }
            try await eventually("the event is there") {
                let events: [View<Event>] = try await client.list(Event.self, namespace: "default").items
                guard let event = events.first(where: { $0.reason == "OwnerRefInvalidNamespace" }) else { return false }
                return event.involvedObject.uid == stray.metadata.uid
                    && event.message
                        == "ownerRef [v1/ConfigMap, namespace: default, name: far, uid: \(far.metadata.uid)] does not exist in namespace \"default\""
            }
        }
    }

    @Test func `a circle of owners does not wait for itself`() async throws {
        try await TestCluster.with(hasNode: false) { test in
            let client: Client = test.client
            let a: View<ConfigMap> = try await client.create(Self.map("a"))
            let b: View<ConfigMap> = try await client.create(Self.map("b", ownedBy: [a]))
            let c: View<ConfigMap> = try await client.create(Self.map("c", ownedBy: [b]))
            try await client.patch(
                ConfigMap.self, a.key, ["metadata": ["ownerReferences": [Self.reference(c).json]]], as: .mergePatch)
            try await Self.delete("a", "Foreground", client)
            try await eventually("all three are gone") {
                for name in ["a", "b", "c"] where try await Self.find(name, client) != nil { return false }
                return true
            }
        }
    }
}
