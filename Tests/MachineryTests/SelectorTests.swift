import Machinery
import Testing

@Suite struct SelectorTests {
    @Test(
        arguments: [
            ("a=b", ["a": "b"], true), ("a=b", ["a": "c"], false), ("a==b", ["a": "b"], true), ("a!=b", [:], true),
            ("a!=b", ["a": "b"], false),
            ("a in (x, y)", ["a": "y"], true), ("a in (x,y)", [:], false), ("a notin (x)", [:], true), ("a notin (x)", ["a": "x"], false),
            ("a", ["a": ""], true), ("!a", ["a": ""], false), ("!a", [:], true), ("a=b,c", ["a": "b"], false), ("a=", ["a": ""], true),
            ("a in (,x)", ["a": ""], true), ("a>5", ["a": "6"], true), ("a<5", ["a": "x"], false), ("", ["z": "1"], true), (" ", [:], true),
            ("in in (in)", ["in": "in"], true), ("a in ()", ["a": ""], false),
        ] as [(String, [String: String], Bool)])
    func `label selectors choose`(text: String, labels: [String: String], expected: Bool) throws {
        guard text != "a in ()" else {
            #expect(throws: SelectorError.self) { try LabelMatch(parsing: text) }
            return
        }
        #expect(try LabelMatch(parsing: text).matches(labels) == expected)
        #expect(try LabelMatch(parsing: LabelMatch(parsing: text).description).matches(labels) == expected)
    }

    @Test(arguments: [
        ("a=b,", "found '', expected: identifier after ','"), ("=b", "found '=', expected: !, identifier, or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"), ("a in x", "unable to parse requirement: found 'x' expected: '('"),
        ("a in (x", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a==!", "unable to parse requirement: found '!', expected: identifier"),
        ("a>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"),
        (
            "a_=b",
            "unable to parse requirement: <nil>: Invalid value: \"a_\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        ),
        (
            "a=b_",
            "unable to parse requirement: values[0][a]: Invalid value: \"b_\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        ),
    ])
    func `bad label selectors are refused in Kubernetes' words`(text: String, expected: String) {
        #expect(performing: { try LabelMatch(parsing: text) }, throws: { "\($0)" == expected })
    }

    @Test func `the object form chooses alike`() throws {
        let selector: JSON = [
            "matchLabels": ["app": "web"], "matchExpressions": [["key": "tier", "operator": "NotIn", "values": ["b", "a"]]],
        ]
        let match = try LabelMatch(labelSelector: selector)
        #expect(match.description == "app=web,tier notin (a,b)")
        #expect(match.matches(["app": "web", "tier": "c"]) && !match.matches(["app": "web", "tier": "a"]))
        #expect(match.matches(["app": "web"] as JSON) && !match.matches(nil as JSON?))
        #expect(try LabelMatch(labelSelector: [:]).isEverything && LabelMatch(labelSelector: nil).isNothing)
        #expect(!LabelMatch.nothing.matches([:]))
        #expect(
            performing: { try LabelMatch(labelSelector: ["matchExpressions": [["key": "a", "operator": "Near"]]]) },
            throws: { "\($0)" == "\"Near\" is not a valid label selector operator" })
        #expect(throws: SelectorError.self) { try LabelMatch(labelSelector: ["matchExpressions": [["key": "a", "operator": "In"]]]) }
    }

    @Test func `field selectors choose and escape`() throws {
        let match = try FieldMatch(parsing: #"metadata.name=a\,b\=c,status.phase!=Running,,x==y"#)
        #expect(match.description == #"metadata.name=a\,b\=c,status.phase!=Running,x=y"#)
        let fields: [String: String] = ["metadata.name": "a,b=c", "x": "y"]
        #expect(match.matches { fields[$0] ?? "" } && match.exactValue(of: "metadata.name") == "a,b=c")
        #expect(try FieldMatch(parsing: "").isEverything)
        #expect(performing: { try FieldMatch(parsing: "a=b,c") }, throws: { "\($0)" == "invalid selector: 'a=b,c'; can't understand 'c'" })
        #expect(
            performing: { try FieldMatch(parsing: #"a=\x"#) },
            throws: { "\($0)" == #"invalid field selector: invalid escape sequence: \x"# })
        #expect(
            performing: { try FieldMatch(parsing: "a=b=c") },
            throws: { "\($0)" == "invalid field selector: unescaped character in value: =" })
    }
}
