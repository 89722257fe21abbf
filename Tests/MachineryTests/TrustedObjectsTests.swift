import Testing

@testable import Machinery

@Suite struct TrustedObjectsTests {
    private struct Box: Schema {
        static let definition = Definition(Box(), "test.Box", "A box.")
        let label = Field<String>("label", 1, "What stands on it.", .required)
        let size = Field<Int32>("size", 2, "Edge.", default: 1)
    }

    @Test func `only whole and valid objects are trusted, and only these very ones`() {
        let schema: ObjectSchema = Box.definition.schema
        let (good, bare, wrong): (JSON, JSON, JSON) = (["label": "a", "size": 2], ["label": "a"], ["size": 2])
        var changed: JSON = ["label": "b", "size": 2]
        schema.trust([good, bare, wrong, changed])
        #expect([good, bare, wrong, changed].map { $0.object.map(schema.trusts) } == [true, false, false, true])
        changed["label"] = ""
        let equal: JSON = ["label": "a", "size": 2]
        #expect([equal, changed].map { $0.object.map(schema.trusts) } == [false, false])
        var problems = Problems()
        schema.validate(changed, .root, &problems)
        #expect(problems.all.count == 1)
    }
}
