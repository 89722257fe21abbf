import Machinery
import Testing

@Suite struct YAMLTests {
    @Test(
        arguments: [
            ("yes", true), ("Off", false), ("y", true), ("N", false), ("~", nil), ("Null", nil), ("", nil), ("0644", 420), ("0o17", 15),
            ("0x1F", 31), ("-0b101", -5), ("1_000", 1000), ("+5", 5), ("08", 8), ("12:30:45", "12:30:45"), ("1.0", 1), ("1e3", 1000),
            (".5", .number("0.5")), ("1e-7", .number("1e-7")), ("1e21", .number("1e+21")),
            ("18446744073709551615", .number("18446744073709551615")),
            ("123456789012345678901", .number("123456789012345678901")), ("2001-12-14", "2001-12-14"),
            ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"),
            ("\"yes\"", "yes"), ("!!str 12", "12"), ("!!float 3", 3), ("!!binary aGVsbG8=", "hello"), ("1.2.3", "1.2.3"), ("yEs", "yEs"),
            ("!custom 5", "5"), ("0x", "0x"), ("1e", "1e"),
        ] as [(String, JSON)])
    func `scalars mean what they mean to kubectl`(text: String, expected: JSON) throws {
        #expect(try YAML.documents("v: " + text).first?.json["v"] == expected)
    }

    @Test func `documents come in order with their lines, without the empty ones`() throws {
        let documents = try YAML.documents("# head\n---\n---\nkind: A\n...\n---\n# nothing\n---\n\nkind: B\n--- {kind: C}\n")
        #expect(documents.map(\.json) == [["kind": "A"], ["kind": "B"], ["kind": "C"]])
        #expect(documents.map(\.line) == [4, 10, 11])
        #expect(try YAML.documents("").isEmpty)
        #expect(try YAML.documents("# only words\n").isEmpty)
    }

    @Test func `keys become strings`() throws {
        #expect(try YAML.documents("1: a\ntrue: b\n1.5: c\n0x10: d").first?.json == ["1": "a", "true": "b", "1.5": "c", "16": "d"])
    }

    @Test func `anchors, aliases and merge keys are carried out`() throws {
        let text: String =
            "base: &b {a: 1, b: 2}\nother: &o {b: 3, c: 4}\none:\n  <<: *b\n  b: 5\nmany: {<<: [*o, *b], d: *b}\nlist: [&x v, *x]"
        #expect(
            try YAML.documents(text).first?.json == [
                "base": ["a": 1, "b": 2], "other": ["b": 3, "c": 4], "one": ["a": 1, "b": 5],
                "many": ["a": 1, "b": 3, "c": 4, "d": ["a": 1, "b": 2]], "list": ["v", "v"],
            ])
    }

    @Test func `a billion laughs are refused`() {
        var text: String = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        for level in 1..<12 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",") + "]\n"
        }
        #expect(performing: { try YAML.documents(text) }, throws: { ($0 as? YAMLError)?.problem == "document contains excessive aliasing" })
    }

    @Test func `a key that stands twice is noted and its last value wins`() throws {
        let document = try #require(try YAML.documents("spec:\n  replicas: 1\n  list:\n  - {a: 1, a: 2}\n  replicas: 3\n").first)
        #expect(document.json == ["spec": ["replicas": 3, "list": [["a": 2]]]])
        #expect(document.duplicates.map(\.path) == ["spec.list[0].a", "spec.replicas"])
        #expect(
            document.duplicates.map(\.description) == [
                "line 4: key \"a\" already set in map", "line 5: key \"replicas\" already set in map",
            ])
    }

    @Test func `JSON is read, several values in a row too`() throws {
        let documents = try YAML.documents("{\"a\":\"\\ud83d\\ude00\"}\n{\"b\":\t1, \"b\": 2}")
        #expect(documents.map(\.json) == [["a": "😀"], ["b": 2]])
        #expect(documents[1].line == 2 && documents[1].duplicates.map(\.path) == ["b"])
        #expect(try YAML.documents("{a: 1}").map(\.json) == [["a": 1]])
    }

    @Test(arguments: [
        (
            "a:\n\t- b",
            "x.yaml:2:1: while scanning for the next token: found character that cannot start any token (it is a tab; indent with spaces)",
            "error converting YAML to JSON: yaml: line 2: found character that cannot start any token"
        ),
        (
            "a: 1\nb: c: d", "x.yaml:2:5: mapping values are not allowed in this context",
            "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context"
        ),
        ("a: *x", "x.yaml:1:4: unknown anchor 'x' referenced", "error converting YAML to JSON: yaml: unknown anchor 'x' referenced"),
        ("a: .inf", "x.yaml:1:4: json: unsupported value: +Inf", "error converting YAML to JSON: yaml: json: unsupported value: +Inf"),
        (
            "&a [*a]", "x.yaml:1:5: anchor 'a' value contains itself",
            "error converting YAML to JSON: yaml: anchor 'a' value contains itself"
        ),
        (
            "a: !!int foo", "x.yaml:1:4: cannot decode !!str `foo` as a !!int",
            "error converting YAML to JSON: yaml: cannot decode !!str `foo` as a !!int"
        ),
        (
            "<<: 1", "x.yaml:1:5: map merge requires map or sequence of maps as the value",
            "error converting YAML to JSON: yaml: map merge requires map or sequence of maps as the value"
        ),
        (
            "a: b\n\u{1}", "x.yaml:2:1: control characters are not allowed",
            "error converting YAML to JSON: yaml: control characters are not allowed"
        ),
        (
            "{\"a\": tru", "x.yaml:1:10: unexpected end of JSON input",
            "error converting YAML to JSON: yaml: line 1: unexpected end of JSON input"
        ),
    ])
    func `errors name file, line and column`(text: String, expected: String, kubectl: String) {
        #expect(
            performing: { try YAML.documents(text, file: "x.yaml") },
            throws: { "\($0)" == expected && ($0 as? YAMLError)?.kubectlText == kubectl })
    }

    @Test func `a document is written as kubectl writes it`() {
        let json: JSON = [
            "z": "true", "a10": "1", "a9": "", "A": " x", "b": "a: b", "c": "x #y", "e": "a\nb", "f": "a\n", "g": "a\n\n", "h": " a\nb",
            "i": "a \nb", "j": "\ttab", "k": "é", "l": "😀", "m": [], "n": [:], "o": [["x", "y"], ["k": "v", "l": [1]]],
            "p": "2001-01-01T00:00:00Z", "q": "12:30:45", "r": "it's", "s": "'", "num": .number("1.50"), "t": nil, "u": false,
            "x": "a very long line that goes on and on and on, and then on again until it must be folded somewhere here",
        ]
        #expect(
            YAML.write(json) == """
                A: ' x'
                a9: ""
                a10: "1"
                b: 'a: b'
                c: 'x #y'
                e: |-
                  a
                  b
                f: |
                  a
                g: |+
                  a

                h: |2-
                   a
                  b
                i: "a \\nb"
                j: "\\ttab"
                k: é
                l: "\\U0001F600"
                m: []
                "n": {}
                num: 1.5
                o:
                - - x
                  - "y"
                - k: v
                  l:
                  - 1
                p: "2001-01-01T00:00:00Z"
                q: "12:30:45"
                r: it's
                s: ''''
                t: null
                u: false
                x: a very long line that goes on and on and on, and then on again until it must be
                  folded somewhere here
                z: "true"

                """)
        #expect(YAML.write(["b": 1, "a": "x\n\n"], sortedKeys: false) == "b: 1\na: |+\n  x\n\n")
    }

    @Test(arguments: [
        "", "~", "null", "y", "No", "1", "0x1f", "1e3", ".5", "08", "1_0", "<<", "=", "-", "?", "*a", "&a", "!a", "|", ">", "%", "@", "`",
        "a: b", "a #b", "a:", ":a", "[", "{", "a\nb", " a", "a ", "\t", "\n", "a\n\n\n", "  a\n b", "\u{85}", "é", "\r\n", "\u{7F}",
        "\u{FEFF}", "'", "\"", "\\",
    ])
    func `every string reads back as itself`(text: String) throws {
        #expect(
            try YAML.documents(YAML.write(["k": .string(text), "l": [.string(text)]])).first?.json == [
                "k": .string(text), "l": [.string(text)],
            ])
    }
}
