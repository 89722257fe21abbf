import CEL
import Machinery
import Testing

/// Values that come as JSON, read by their declarations.
@Suite struct JSONTests {
    static let spec = Declaration(
        .object([
            "replicas": Declaration.Member(property: "replicas", declaration: .int),
            "ratio": Declaration.Member(property: "ratio", declaration: .double),
            "name": Declaration.Member(property: "name", declaration: .string),
            "since": Declaration.Member(property: "since", declaration: Declaration(.plain(.timestamp))),
            "wait": Declaration.Member(property: "wait", declaration: Declaration(.plain(.duration))),
            "raw": Declaration.Member(property: "raw", declaration: Declaration(.plain(.bytes))),
            "port": Declaration.Member(property: "port", declaration: .dyn),
            "a__dash__b": Declaration.Member(property: "a-b", declaration: .string),
            "__in__": Declaration.Member(property: "in", declaration: .string),
            "labels": Declaration.Member(property: "labels", declaration: Declaration(.map(.string))),
            "items": Declaration.Member(
                property: "items",
                declaration: Declaration(
                    .list(Declaration(.object(["key": Declaration.Member(property: "key", declaration: .string)]))))),
        ]))

    static let object: JSON = [
        "replicas": 3, "ratio": 2, "name": "web", "since": "2024-05-01T00:00:00Z", "wait": "90s", "raw": "aGk=", "port": 8080,
        "a-b": "dash",
        "in": "word", "labels": ["app": "web", "a/b": "c"], "items": [["key": "x"], ["key": "y"]],
    ]

    @Test(arguments: [
        ("self.replicas + 1", "4"), ("self.ratio / 4.0", "0.5"), ("self.since.getFullYear()", "2024"),
        ("self.wait > duration('1m')", "true"), ("self.raw == b'hi'", "true"),
        ("self.port == 8080", "true"), ("type(self.port) == int && self.port > 80", "true"), ("self.a__dash__b", "'dash'"),
        ("self.__in__", "'word'"), ("self.labels['a/b']", "'c'"),
        ("self.labels.app", "'web'"), ("self.items.map(i, i.key)", "['x', 'y']"), ("self.items[1].key", "'y'"),
        ("has(self.labels.nope)", "false"), ("has(self.name)", "true"),
        ("self.labels.nope", "error: no such key: nope"), ("self.items[7].key", "error: index out of bounds: 7"),
        ("self.nope", "error: undefined field 'nope'"),
        ("self.replicas == '3'", "error: found no matching overload for '_==_' applied to '(int, string)'"),
        ("self.items.all(i, i.key.size() == 1)", "true"),
        ("self.labels.all(k, k.size() > 2)", "true"), ("self.labels == {'a/b': 'c', 'app': 'web'}", "true"), ("self == self", "true"),
        ("self.?labels[?'nope'].orValue('d')", "'d'"),
        ("self.port.startsWith('a')", "error: no such overload: startsWith(int, string)"),
        ("self.labels.transformMap(k, v, v + '!')", "{'app': 'web!', 'a/b': 'c!'}"),
    ])
    func `are read where they stand`(_ source: String, _ expected: String) {
        #expect(outcome(source, [("self", Self.spec, Self.object)]) == expected)
    }

    @Test(arguments: [
        ("object.spec.replicas > 2", "true"), ("object.spec.nope", "error: no such key: nope"),
        ("object.spec.items.exists(i, i.key == 'y')", "true"), ("has(object.metadata)", "false"),
        ("object.spec.ratio == 2", "true"), ("object.spec.name.x", "error: no such overload: select(string)"),
        ("oldObject == null", "true"),
        ("!has(object.spec.labels.env) || object.spec.labels.env == 'prod'", "true"),
    ])
    func `need no declaration`(_ source: String, _ expected: String) {
        #expect(outcome(source, [("object", .dyn, ["spec": Self.object]), ("oldObject", .dyn, .null)]) == expected)
    }

    @Test func `properties are named as Kubernetes escapes them`() {
        #expect(PropertyName.escaped("a.b/c-d") == "a__dot__b__slash__c__dash__d")
        #expect(PropertyName.escaped("a__b_c") == "a__underscores__b_c")
        #expect(PropertyName.escaped("in") == "__in__")
        #expect(PropertyName.escaped("9a") == nil)
        #expect(PropertyName.escaped("a b") == nil)
    }
}
