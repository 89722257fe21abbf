import Testing

@testable import CLI

/// Source: kubectl 1.37 with the same files.
@Suite struct PreferencesTests {
    private let folder = TemporaryFolder()

    private static let text = """
        apiVersion: kubectl.config.k8s.io/v1beta1
        kind: Preference
        aliases:
        - name: names
          command: config get-contexts
          options:
          - {name: output, default: name}
        - name: bad
          command: verion
        defaults:
        - command: config view
          options:
          - {name: output, default: json}

        """

    private func run(_ words: String..., text: String = Self.text) async throws -> Run {
        let file: String = try folder.file("kuberc", text)
        _ = try folder.file("config", "contexts: [{name: dev, context: {}}]\n")
        return await Run.swkube(words, environment: ["KUBECONFIG": folder.path + "/config", "KUBERC": file])
    }

    @Test func `an alias stands for a command with flags, which the user's own go before`() async throws {
        #expect(try await run("names").out == "dev\n")
        #expect(try await run("names", "-o", "bad").code == 1)
    }

    @Test func `defaults of flags hold where the user gives none`() async throws {
        #expect(try await run("config", "view").out.hasPrefix("{"))
        #expect(try await run("config", "view", "-oyaml").out.hasPrefix("apiVersion"))
    }

    @Test func `what is wrong is named`() async throws {
        #expect(
            try await run("bad").error
                == "error occurred while applying preferences command \"verion\" not found to set alias \"bad\": [verion]\n")
        let flag: String = Self.text.replacing("{name: output, default: json}", with: "{name: nope, default: json}")
        #expect(
            try await run("config", "view", text: flag).error
                == "error occurred while applying preferences invalid flag nope for command config view\n")
        let policy: Run = try await run("version", "--client", text: Self.text + "credentialPluginPolicy: Foo\n")
        #expect(policy.error == "error occurred while applying preferences unknown plugin policy: \"Foo\"\n" && policy.code == 1)
        let missing: Run = try await run("version", "--client", "--kuberc=/none")
        #expect(missing.error == "error occurred while applying preferences kuberc error kuberc: open /none: no such file or directory\n")
    }

    @Test func `an alias is one word of letters, and stands once`() async throws {
        let digits: Run = try await run("version", "--client", text: Self.text.replacing("name: bad", with: "name: b4d"))
        #expect(digits.error == "error occurred while applying preferences invalid alias name, can only include alphabetical characters\n")
    }

    @Test func `set changes one entry`() async throws {
        let file: String = folder.path + "/kuberc"
        let set: Run = try await run("kuberc", "set", "--section=defaults", "--command=get", "--option=output=wide")
        #expect(set.out == "Updated \(file)\n" && set.code == 0)
        let text: String = try folder.text("kuberc")
        #expect(text.contains("command: get\n  options:\n  - default: wide\n    name: output\n") && text.contains("name: names"))
        let again: Run = try await run(
            "kuberc", "set", "--section", "defaults", "--command", "get", "--option", "output=yaml", text: text)
        #expect(again.error == "error: defaults for command \"get\" already exist, use --overwrite to replace\n")
        #expect(
            try await run("kuberc", "set", "--section=aliases", "--command=get").error
                == "error: --name is required when --section=aliases\n")
    }
}
