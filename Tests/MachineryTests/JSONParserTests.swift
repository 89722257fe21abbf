import Machinery
import Testing

@Suite struct JSONParserTests {
    @Test(
        arguments: [
            ("null", JSON.null), (" true ", true), ("-0", 0), ("[1,[],{}]", [1, [], [:]]), ("\"a\"", "a"),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("9223372036854775808", .number("9223372036854775808")), ("1.0", .number("1.0")), ("1e3", .number("1e3")),
            (#""\u00e9\n\ud83d\ude00\/""#, "é\n😀/"), (#""\ud800x""#, "\u{FFFD}x"),
            ("{\"a\":{\"b\":[{\"c\":1}]}}", ["a": ["b": [["c": 1]]]]),
        ] as [(String, JSON)])
    func `values are read as Kubernetes reads them`(text: String, expected: JSON) throws {
        #expect(try JSON(parsing: text) == expected)
    }

    @Test(arguments: [
        ("", "line 1, column 1: unexpected end of JSON input"),
        ("{\n  \"a\": 1,\n}", "line 3, column 1: invalid character '}' looking for beginning of object key string"),
        ("{\"é\": x}", "line 1, column 7: invalid character 'x' looking for beginning of value"),
        ("[01]", "line 1, column 3: invalid character '1' after array element"),
        ("{\"a\" 1}", "line 1, column 6: invalid character '1' after object key"),
        ("{\"a\":1 \"b\"}", "line 1, column 8: invalid character '\"' after object key:value pair"),
        ("1 2", "line 1, column 3: invalid character '2' after top-level value"),
        ("\"\\x\"", "line 1, column 3: invalid character 'x' in string escape code"),
        ("\"\\u12g4\"", "line 1, column 6: invalid character 'g' in \\u hexadecimal character escape"),
        ("[1.]", "line 1, column 4: invalid character ']' after decimal point in numeric literal"),
        ("trUe", "line 1, column 3: invalid character 'U' in literal true (expecting 'u')"),
        ("\"a\nb\"", "line 1, column 3: invalid character '\\n' in string literal"),
        ("{\"a\": {\"b\": [0, {\"c\":1,\n\"c\":2}]}}", "line 2, column 1: duplicate field \"a.b[1].c\""),
    ])
    func `errors name line, column and what was found`(text: String, expected: String) {
        #expect(performing: { try JSON(parsing: text) }, throws: { "\($0)" == expected })
    }

    @Test func `the last of several values wins when duplicates are collected`() throws {
        var duplicates: [String] = []
        let json = try JSON(
            parsing: Array(#"{"spec":{"replicas":1,"list":[[],[{"a":1,"a":{"b":2}}]],"replicas":2}}"#.utf8), duplicates: &duplicates)
        #expect(json == ["spec": ["replicas": 2, "list": [[], [["a": ["b": 2]]]]]])
        #expect(duplicates == ["spec.list[1][0].a", "spec.replicas"])
    }

    @Test func `duplicates are found among many names`() throws {
        let names: [String] = (0..<200).map { "\"key-\($0)\":\($0)" }
        #expect(try JSON(parsing: "{" + names.joined(separator: ",") + "}").object?.count == 200)
        #expect(throws: JSONError.self) { try JSON(parsing: "{" + (names + ["\"key-77\":0"]).joined(separator: ",") + "}") }
        var duplicates: [String] = []
        let text: String = "{" + (names + ["\"key-77\":0", "\"key-3\":{\"x\":1}"]).joined(separator: ",") + "}"
        let json = try JSON(parsing: Array(text.utf8), duplicates: &duplicates)
        #expect(duplicates == ["key-77", "key-3"])
        #expect(json["key-77"] == 0 && json["key-3"] == ["x": 1] && json.object?.count == 200)
    }

    @Test(arguments: [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80]] as [[UInt8]])
    func `invalid UTF-8 is refused`(bytes: [UInt8]) {
        #expect(
            performing: { try JSON(parsing: Array("[\"ab".utf8) + bytes + Array("\"]".utf8)) },
            throws: { "\($0)" == "line 1, column 5: invalid UTF-8 in string literal" })
        #expect(throws: JSONError.self) { try JSON(parsing: Array("{\"".utf8) + bytes + Array("\":1}".utf8)) }
    }

    @Test func `ten thousand levels are read and written, one more is refused`() throws {
        let deep: [UInt8] = Array(repeating: UInt8(ascii: "["), count: 10_000) + Array(repeating: UInt8(ascii: "]"), count: 10_000)
        #expect(try JSON(parsing: deep).serialized() == deep)
        #expect(
            performing: { try JSON(parsing: [UInt8(ascii: "[")] + deep) },
            throws: { "\($0)" == "line 1, column 10001: exceeded max depth: more than 10000 levels" })
    }

    @Test func `what is written reads back the same`() throws {
        let json: JSON = ["a": [1, -5, .number("1.50"), nil, true], "\"\\\u{1}\u{7F}é😀\u{2028}": ["": ""], "z": .int(.min)]
        #expect(try JSON(parsing: json.serialized()) == json)
        #expect(try JSON(parsing: json.serialized(.kubectl)) == json)
    }

    @Test func `the writer escapes as Go does`() {
        #expect(JSON.string("<a & b>\u{8}\u{c}\t\u{1}\u{2028}\"\\/").text() == #""<a & b>\b\f\t\u0001\u2028\"\\/""#)
        #expect(JSON.string("<&>").text(.kubectl) == #""\u003c\u0026\u003e""#)
        #expect(
            JSON.object(["a": [1, [:]], "b": []]).text(.kubectl) == "{\n    \"a\": [\n        1,\n        {}\n    ],\n    \"b\": []\n}")
    }

    /// Texts are looked at eight bytes at a time, their ends too.
    @Test(arguments: ["\"", "\\", "\u{1}", "é", "\u{2028}", "~"])
    func `what ends a run of plain characters is found at each place of texts of each length`(special: String) throws {
        for count in 1...25 {
            for place in 0..<count {
                let text: String = String(repeating: "a", count: place) + special + String(repeating: "b", count: count - 1 - place)
                let json: JSON = .object([(text, .string(text))])
                #expect(try JSON(parsing: json.serialized()) == json)
                let escaped: String =
                    switch special {
                    case "\"", "\\": "\\" + special
                    case "\u{1}": "\\u0001"
                    case "\u{2028}": "\\u2028"
                    default: special
                    }
                #expect(JSON.string(text).text() == "\"" + text.replacing(special, with: escaped) + "\"")
            }
        }
    }

    @Test func `the scanner finds values without a tree`() throws {
        let bytes: [UInt8] = Array(
            #"{"kind":"Pod","metadata":{"name":"a\"}b","labels":{"x":"1","y":"{"},"generation":3},"spec":{"on":true}}"#.utf8)
        let json = try JSON(parsing: bytes)
        for path in [["kind"], ["metadata", "generation"], ["metadata", "labels"], ["metadata", "labels", "y"], ["spec", "on"]]
            as [[StaticString]]
        {
            let range = try #require(JSONScanner.range(of: path, in: bytes))
            #expect(try JSON(parsing: bytes[range]) == json[path.map(\.description)])
        }
        #expect(JSONScanner.string(at: ["metadata", "name"], in: bytes) == "a\"}b")
        #expect(JSONScanner.range(of: ["metadata", "uid"], in: bytes) == nil)
        #expect(JSONScanner.range(of: ["kind", "x"], in: bytes) == nil)
        var names: [String] = []
        JSONScanner.forEachMember(in: bytes) { scanner, member in
            names.append(scanner.name(member))
            return true
        }
        #expect(names == ["kind", "metadata", "spec"])
    }

    @Test func `texts are the same when their bytes are, as in Go`() throws {
        let (one, two): (String, String) = ("\u{E9}", "e\u{301}")
        #expect(one == two, "Swift sees one text")
        #expect(JSON.string(one) != JSON.string(two))
        let both: JSON = try JSON(parsing: "{\"\(one)\":1,\"\(two)\":2}")
        #expect(both[one] == 1 && both[two] == 2)
        #expect(both.text() == "{\"\(one)\":1,\"\(two)\":2}")
    }

    @Test func `a member can be left out unread`() throws {
        let text = #"{"metadata":{"name":"a","managedFields":[{"x":[1,2]}],"uid":"u"},"data":{"managedFields":"stays"}}"#
        let bytes: [UInt8] = Array(text.utf8)
        let whole: Range<Int> = 0..<bytes.count
        let rest: JSON = try JSONScanner.tree(of: bytes, in: whole, without: [["metadata", "managedFields"]])
        #expect(rest == ["metadata": ["name": "a", "uid": "u"], "data": ["managedFields": "stays"]])
        let all: JSON = try JSONScanner.tree(of: bytes, in: whole, without: [])
        #expect(all.text() == text)
    }

    @Test func `members are left out of each element of an array, and wherever they stand`() throws {
        let text: String =
            #"{"a":{"x":[{"m":1,"n":{"m":2}},[{"m":3}],"m"],"m":4,"y":{}},"m":{"a":{"m":5}},"#
            + #""b":[{"m":6,"o":"}\""}, {"m":[]}],"z":7}"#
        let bytes: [UInt8] = Array(text.utf8)
        let rest: JSON = try JSONScanner.tree(
            of: bytes, in: 0..<bytes.count, without: [["a", "m"], ["a", "x", "m"], ["m"], ["b", "m"], ["b", "o"], ["c", "d"]])
        #expect(rest.text() == #"{"a":{"x":[{"n":{"m":2}},[{}],"m"],"y":{}},"b":[{},{}],"z":7}"#)
        let kept: JSON = try JSONScanner.tree(of: bytes, in: 0..<bytes.count, without: JSONOmissions(but: [["a", "x", "n"], ["z"]]))
        #expect(kept.text() == #"{"a":{"x":[{"n":{"m":2}},[{}],"m"]},"z":7}"#)
    }

    @Test(arguments: [#""}\\\"]{""#, #""\\""#, #"[{}, [] ,{"x":"\\\\\"}"}]"#, "1", #""\\\\\\\\\"""#])
    func `what is left out is stepped over wherever its quotes, backslashes and brackets stand`(_ inner: String) throws {
        for length in 0..<140 {
            let pad: String = String(repeating: "a", count: length)
            let text: String = #"{"a":1,"b":{"\#(pad)":[\#(inner),"\#(pad)",{"q":\#(inner)}]},"c":[\#(inner)],"d":2}"#
            let bytes: [UInt8] = Array(text.utf8)
            var expected: JSON = try JSON(parsing: bytes)
            expected["b"] = nil
            #expect(try JSONScanner.tree(of: bytes, in: 0..<bytes.count, without: [["b"]]).text() == expected.text(), "\(length)")
        }
    }
}
