import API
import Machinery
import Testing

@testable import Controllers

/// What the publisher of the root certificate does to the ConfigMap of a namespace.
struct RootCAPlanTests {
    private static let wanted: View<ConfigMap> = {
        guard case .create(let map) = RootCAPublisher.plan(nil, namespace: "web", "PEM") else { return View<ConfigMap>() }
        return map
    }()

    @Test func `a namespace without the map gets one`() {
        let map: View<ConfigMap> = Self.wanted
        #expect(map.key == ObjectKey(namespace: "web", name: "kube-root-ca.crt"))
        #expect(map.data == ["ca.crt": "PEM"])
        #expect(map.metadata.annotations["kubernetes.io/description"]?.hasPrefix("Contains a CA bundle that can be used to verify") == true)
    }

    @Test func `a map as it should be is left alone, whatever its labels and description`() {
        #expect(RootCAPublisher.plan(Self.wanted, namespace: "web", "PEM") == .none)
        var own: View<ConfigMap> = Self.wanted
        own.metadata.labels = ["team": "a"]
        own.metadata.annotations = ["kubernetes.io/description": "ours"]
        #expect(RootCAPublisher.plan(own, namespace: "web", "PEM") == .none)
    }

    @Test(arguments: [["ca.crt": "OTHER"], ["ca.crt": "PEM", "more": "x"], [:]])
    func `data of another kind gives way to the certificate, and the rest of the map stays`(data: [String: String]) {
        var found: View<ConfigMap> = Self.wanted
        found.metadata.labels = ["team": "a"]
        found.data = data
        var expected: View<ConfigMap> = found
        expected.data = ["ca.crt": "PEM"]
        #expect(RootCAPublisher.plan(found, namespace: "web", "PEM") == .update(expected))
    }

    @Test func `a map of an older version gets its description`() {
        var old: View<ConfigMap> = Self.wanted
        old.metadata.annotations = [:]
        #expect(RootCAPublisher.plan(old, namespace: "web", "PEM") == .update(Self.wanted))
    }
}
