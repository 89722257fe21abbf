import Machinery
import Testing

@testable import CLI

/// Bad input, as issue 2 lists it: one clear sentence, exit code 1. Texts of kubectl 1.32.
@Suite struct ManifestTests {
    private let folder = TemporaryFolder()

    private func apply(_ text: String) async throws -> Run {
        let path: String = try folder.file("x.yaml", text)
        return await Run.swkube("apply", "-f", path, "-s", "http://127.0.0.1:1")
    }

    @Test func `a file that is not there`() async {
        let run: Run = await Run.swkube("apply", "-f", "/nope.yaml")
        #expect(run.error == "error: the path \"/nope.yaml\" does not exist\n" && run.code == 1)
    }

    @Test func `all files that are not there are said, and a pattern stands for the files that fit it`() async throws {
        let run: Run = await Run.swkube("apply", "-f", "/nope.yaml", "-f", "/no*.yaml")
        #expect(run.error == "the path \"/nope.yaml\" does not exist\nthe path \"/no*.yaml\" does not exist\n")
        _ = try folder.file("a.yaml", "a: [\n")
        let found: Run = await Run.swkube("apply", "-f", folder.path + "/*.yaml", "-s", "http://127.0.0.1:1")
        #expect(found.error.hasPrefix("error: error parsing \(folder.path)/a.yaml: "))
    }

    @Test func `a manifest behind an address that cannot be reached is told as a server that cannot`() async {
        let run: Run = await Run.swkube("apply", "-f", "http://127.0.0.1:1/x.yaml")
        #expect(run.error.hasPrefix("The connection to the server 127.0.0.1:1 was refused"))
    }

    @Test func `a tab in YAML`() async throws {
        let run: Run = try await apply("apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: x\n")
        #expect(
            run.error
                == "error: error parsing \(folder.path)/x.yaml: error converting YAML to JSON: yaml: line 4: found character that cannot start any token\n"
        )
    }

    @Test func `a file is read document by document, up to the first that is no YAML`() {
        var stream = ManifestStream(Array("a: 1\n---\n---\nb: 2\n--- # more\nc: 3\n---\nd: [\n".utf8), source: "x")
        var lines: [String] = []
        while let document = stream.next() {
            switch document {
            case .success(let document): lines.append(document.json.text())
            case .failure(let failure): lines.append(failure.description)
            }
        }
        #expect(lines.dropLast() == [#"{"a":1}"#, #"{"b":2}"#, #"{"c":3}"#])
        #expect(lines.last?.hasPrefix("error parsing x: error converting YAML to JSON: yaml: line ") == true)
    }

    @Test func `an object without kind`() async throws {
        let run: Run = try await apply("apiVersion: v1\nmetadata: {name: x}\n")
        #expect(
            run.error
                == "error: error validating \"\(folder.path)/x.yaml\": error validating data: kind not set; if you choose to ignore these errors, "
                + "turn validation off with --validate=false\n")
    }

    @Test func `a file without objects`() async throws {
        #expect(try await apply("# nothing\n").error == "error: no objects passed to apply\n")
    }

    @Test func `an object of another namespace than the one that was given`() async throws {
        let path: String = try folder.file("x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: bar}\n")
        let run: Run = await Run.swkube("apply", "-f", path, "-n", "foo", "-s", "http://127.0.0.1:1")
        #expect(
            run.error
                == "error: the namespace from the provided object \"bar\" does not match the namespace \"foo\". You must pass '--namespace=bar' to "
                + "perform this operation.\n")
    }

    @Test func `standard input is read for a dash`() async {
        let run: Run = await Run.swkube(
            "create", "-f", "-", "--dry-run=client", "-s", "http://127.0.0.1:1",
            input: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
        #expect(run.out == "configmap/x created (dry run)\n" && run.code == 0)
    }

    /// As kubectl: what can be understood is worked on, and the rest is told at the end.
    @Test func `an object that cannot be understood does not hold up the others`() async {
        let run: Run = await Run.swkube(
            "create", "-f", "-", "--dry-run=client", "-s", "http://127.0.0.1:1",
            input: """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: a}
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: 5}
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: b}
                ---
                c: [
                """)
        #expect(run.out == "configmap/a created (dry run)\nconfigmap/b created (dry run)\n" && run.code == 1)
        #expect(
            run.error.hasPrefix(
                "unable to decode \"STDIN\": json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string\n"))
        #expect(run.error.contains("error parsing STDIN: error converting YAML to JSON: yaml: line "))
    }
}
