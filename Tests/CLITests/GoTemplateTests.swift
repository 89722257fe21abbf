import Machinery
import Testing

@testable import CLI

/// Templates of `-o go-template`; the results are those of Go's `text/template`.
@Suite struct GoTemplateTests {
    private static let object: JSON = [
        "name": "web", "count": 3, "tags": ["a", "b"], "labels": ["x": "1", "y": "2"], "empty": [], "none": nil,
        "parts": [["name": "one", "size": 1], ["name": "two", "size": 2]],
    ]

    @Test(arguments: [
        ("plain", "plain"), ("{{.name}}", "web"), ("{{.nope}}", "<no value>"), ("{{.nope.deeper}}", "<no value>"), ("{{.tags}}", "[a b]"),
        ("{{.labels}}", "map[x:1 y:2]"), ("{{range .tags}}<{{.}}>{{end}}", "<a><b>"), ("{{range .empty}}x{{else}}none{{end}}", "none"),
        ("{{range $i, $e := .tags}}{{$i}}{{$e}} {{end}}", "0a 1b "), ("{{range $k, $v := .labels}}{{$k}}={{$v}};{{end}}", "x=1;y=2;"),
        ("{{if eq .name \"web\"}}yes{{else}}no{{end}}", "yes"), ("{{if .empty}}a{{else if .tags}}b{{end}}", "b"),
        ("{{with index .parts 1}}{{.name}}{{end}}", "two"), ("{{.name | printf \"%q\"}}", "\"web\""), ("{{len .tags}}", "2"),
        ("{{ .name -}}  \n {{- .count }}", "web3"), ("{{/* note */}}x", "x"), ("{{$n := .name}}{{$n}}", "web"),
        ("{{define \"t\"}}[{{.}}]{{end}}{{template \"t\" .name}}", "[web]"), ("{{and 1 0}} {{or \"\" \"x\"}} {{not true}}", "0 x false"),
        ("{{exists . \"labels\" \"x\"}} {{base64decode \"aGk=\"}}", "true hi"), ("{{slice .name 1 2}}", "e"),
        ("{{range .parts}}{{if eq .size 2}}{{break}}{{end}}{{.name}}{{end}}", "one"),
        ("{{printf \"%d|%5d|%-5s|\" .count .count .name}}", "3|    3|web  |"),
        ("{{html \"<a>\"}} {{urlquery \"a b\"}}", "&lt;a&gt; a+b"), ("{{(index .parts 0).name}}", "one"),
    ])
    func `a template gives what Go gives`(template: String, expected: String) throws {
        #expect(try GoTemplate(template).text(Self.object) == expected)
    }

    @Test(arguments: ["{{.name", "{{nope .name}}", "{{if .name}}x", "{{.name}}{{end}}", "{{range}}x{{end}}"])
    func `a template that cannot be read is refused before anything is written`(template: String) {
        #expect(throws: Failure.self) { try GoTemplate(template) }
    }

    @Test func `a field that is missing is an error when it was asked to be`() throws {
        let template = try GoTemplate("{{.nope}}", allowsMissingKeys: false)
        #expect(throws: GoTemplateFailure.self) { try template.text(Self.object) }
    }

    /// Go places a chain of fields at its second one.
    @Test(arguments: [
        ("{{.nope}}", "1:2"), ("{{.labels.nope}}", "1:9"), ("a\nb {{ .labels.nope }}", "2:12"), ("{{$x := .labels}}{{$x.nope}}", "1:21"),
    ])
    func `an error says where it is`(template: String, place: String) throws {
        let error = try #require(throws: GoTemplateFailure.self) { try GoTemplate(template, allowsMissingKeys: false).text(Self.object) }
        #expect(error.failure.description.contains("template: output:\(place): "))
    }
}

/// The flow style of `-o kyaml`, as kubectl 1.37 writes it.
@Suite struct KYAMLTests {
    @Test func `texts are quoted, lists of objects are cuddled, lines are folded`() {
        let object: JSON = ["a": ["x", 1], "b": [["c": true]], "text": "one\n two\n", "yes": nil]
        #expect(
            KYAML.write(object) == """
                ---
                {
                  a: [
                    "x",
                    1,
                  ],
                  b: [{
                    c: true,
                  }],
                  text: "\\
                     one\\n\\
                    \\ two\\n\\
                    ",
                  "yes": null,
                }

                """)
    }
}

/// Words that were meant.
@Suite struct SpellingTests {
    @Test(arguments: [
        ("deploymnets", ["deployments"]), ("pds", ["pods"]), ("servces", ["services"]), ("xyzzy", []), ("node", ["nodes", "pods"]),
    ])
    func `near words are found, far ones are not`(word: String, expected: [String]) {
        #expect(Spelling.near(word, among: ["deployments", "services", "nodes", "pods"]) == expected)
    }
}
