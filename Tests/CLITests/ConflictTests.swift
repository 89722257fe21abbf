import Machinery
import Testing

@testable import CLI

/// Source: fields as `managedFields` has them, and as the server names them in conflicts.
@Suite struct ConflictTests {
    private let set: JSON = [
        "f:spec": ["f:replicas": [:], "f:containers": ["k:{\"name\":\"web.1\"}": [".": [:], "f:image": [:]]]]
    ]

    @Test(arguments: [
        (".spec.replicas", true), (".spec.containers[name=\"web.1\"].image", true), (".spec.containers[name=\"db\"].image", false),
        (".spec.paused", false),
    ]) func `a path is found among the fields of a manager`(_ path: String, _ isThere: Bool) {
        #expect(ConflictingFields.has(set, path) == isThere)
    }
}
