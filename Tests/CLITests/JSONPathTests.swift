import Machinery
import Testing

@testable import CLI

/// Source: the tests of k8s.io/client-go/util/jsonpath and what kubectl prints.
@Suite struct JSONPathTests {
    private let object: JSON

    init() throws {
        object = try JSON(
            parsing: """
                {"kind": "List", "items": [
                  {"metadata": {"name": "a", "labels": {"app": "web", "kubernetes.io/hostname": "n1"}}, "spec": {"replicas": 3, "ports": [80, 443]},
                   "status": {"ready": true, "conditions": [{"type": "Ready", "status": "True"}, {"type": "Old", "status": "False"}]}},
                  {"metadata": {"name": "b", "labels": {"app": "db"}}, "spec": {"replicas": 1.5, "ports": []}, "status": {"ready": false}}
                ]}
                """)
    }

    @Test(arguments: [
        ("{.kind}", "List"),
        ("kind: {.kind}!", "kind: List!"),
        ("{$.kind}", "List"),
        ("{.items[*].metadata.name}", "a b"),
        ("{.items[0].metadata.name}", "a"),
        ("{.items[-1].metadata.name}", "b"),
        ("{.items[0:1].metadata.name}", "a"),
        ("{.items[:].metadata.name}", "a b"),
        ("{.items[0].spec.ports[0:2:2]}", "80"),
        ("{.items[0].metadata.labels.kubernetes\\.io/hostname}", "n1"),
        ("{.items[0].metadata.labels['kubernetes.io/hostname']}", ""),
        (#"{.items[0].metadata.labels['kubernetes\.io/hostname']}"#, "n1"),
        ("{.items[*]['metadata.name','spec.replicas']}", "a b 3 1.5"),
        ("{.items[*].metadata['name','labels']}", #"a b {"app":"web","kubernetes.io/hostname":"n1"} {"app":"db"}"#),
        ("{.items[?(@.metadata.name==\"b\")].spec.replicas}", "1.5"),
        ("{.items[?(@.spec.replicas>2)].metadata.name}", "a"),
        ("{.items[?(@.spec.replicas<=3)].metadata.name}", "a b"),
        ("{.items[?(@.metadata.name!='a')].metadata.name}", "b"),
        ("{.items[?(@.status.conditions)].metadata.name}", "a"),
        ("{.items[?(@.status.ready==true)].metadata.name}", "a"),
        ("{.items[0].status.conditions[?(@.type==\"Ready\")].status}", "True"),
        ("{range .items[*]}{.metadata.name}{\"\\t\"}{.spec.replicas}{\"\\n\"}{end}", "a\t3\nb\t1.5\n"),
        ("{range .items[*]}[{range .spec.ports[*]}{@},{end}]{end}", "[80,443,][]"),
        ("{..name}", "a b"),
        ("{.items[0].spec.ports}", "[80,443]"),
        ("{.items[0].nothing.at.all}", ""),
        ("{.nothing}", ""),
        ("{'a\\'b'}", "a'b"),
    ])
    func `templates give what kubectl prints`(_ template: String, _ expected: String) throws {
        #expect(try JSONPath(template).text(object) == expected)
    }

    @Test(arguments: [
        ("{.items[0]", "unclosed action"),
        ("{.items[0}", "unterminated array"),
        ("{\"abc}", "unterminated quoted string"),
        ("{end}", "not in range, nothing to end"),
        ("{.items[x]}", "invalid array index x"),
        ("{foo}", "unrecognized identifier foo"),
    ])
    func `broken templates say what is wrong`(_ template: String, _ problem: String) {
        #expect(throws: JSONPathError(problem)) { try JSONPath(template) }
    }

    @Test func `an index beyond the end is an error`() throws {
        let path = try JSONPath("{.items[5].metadata.name}")
        #expect(throws: JSONPathError.self) { try path.text(object) }
    }

    @Test(arguments: ["metadata.name", ".metadata.name", "{.metadata.name}", "{metadata.name}"])
    func `sort-by takes paths with and without braces`(_ text: String) throws {
        #expect(JSONPath.relaxed(text) == "{.metadata.name}")
    }

    @Test func `a field that is missing is an error when it was asked to be`() throws {
        var path = try JSONPath("{.items[*].nope}")
        #expect(try path.text(object) == "")
        path.allowsMissingKeys = false
        #expect(throws: JSONPathError.self) { try path.text(object) }
        var partly = try JSONPath("{.items[*].metadata.labels.kubernetes\\.io/hostname}")
        partly.allowsMissingKeys = false
        #expect(try partly.text(object) == "n1")
    }
}
