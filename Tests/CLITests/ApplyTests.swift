import Machinery
import Testing

@testable import CLI

@Suite struct ApplyTests {
    @Test func `the annotation holds the manifest with sorted keys and a line break`() throws {
        let object: JSON = [
            "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["namespace": "default", "name": "a"], "data": ["k": "v"],
        ]
        let applied: JSON = LastApplied.added(to: object)
        #expect(
            applied[["metadata", "annotations", LastApplied.annotation]]?.string
                == #"{"apiVersion":"v1","data":{"k":"v"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"a","namespace":"default"}}"#
                + "\n")
        #expect(LastApplied.added(to: applied) == applied)
    }

    @Test func `a merge patch deletes what was applied and no longer is, and keeps what others added`() {
        let original: JSON = ["spec": ["a": 1, "b": 2]]
        let modified: JSON = ["spec": ["a": 3]]
        let current: JSON = ["spec": ["a": 1, "b": 2, "other": 9]]
        #expect(ApplyPatch.mergePatch(original: original, modified: modified, current: current) == ["spec": ["a": 3, "b": .null]])
        #expect(ApplyPatch.mergePatch(original: original, modified: modified, current: ["spec": ["a": 3, "other": 9]]) == [:])
    }
}
