import Testing

@testable import CLI

/// Source: `kubectl config` 1.32 on the same files.
@Suite struct ConfigTests {
    private let folder = TemporaryFolder()

    private static let text = """
        apiVersion: v1
        kind: Config
        current-context: dev
        clusters:
        - name: one
          cluster: {server: "https://10.0.0.1:6443", certificate-authority: ca.crt}
        users:
        - name: me
          user: {token: secret}
        contexts:
        - name: dev
          context: {cluster: one, user: me, namespace: shop}
        unknown: {kept: true}

        """

    private func run(_ words: String...) async throws -> Run { try await run(words) }

    private func run(_ words: [String]) async throws -> Run {
        if (try? folder.text("config")) == nil { _ = try folder.file("config", Self.text) }
        return await Run.swkube(words, environment: ["KUBECONFIG": folder.path + "/config"])
    }

    @Test func `contexts are shown with a star before the current one`() async throws {
        let run: Run = try await run("config", "get-contexts")
        #expect(run.out == "CURRENT   NAME   CLUSTER   AUTHINFO   NAMESPACE\n*         dev    one       me         shop\n")
    }

    @Test func `view hides secrets and keeps relative paths`() async throws {
        let run: Run = try await run("config", "view")
        #expect(run.out.contains("token: REDACTED") && run.out.contains("certificate-authority: ca.crt"))
        #expect(!run.out.contains("secret"))
    }

    @Test func `an edit changes one value and nothing else`() async throws {
        let set: Run = try await run("config", "set-context", "dev", "--namespace=other")
        #expect(set.out == "Context \"dev\" modified.\n")
        let after: String = try folder.text("config")
        #expect(after.contains("namespace: other") && after.contains("kept: true") && after.contains("token: secret"))
        #expect(try await run("config", "set-context", "new", "--cluster=one").out == "Context \"new\" created.\n")
        #expect(try await run("config", "use-context", "new").out == "Switched to context \"new\".\n")
        #expect(try await run("config", "current-context").out == "new\n")
    }

    @Test func `unset takes whole lists, writes what is always written, and leads into no value`() async throws {
        #expect(try await run("config", "unset", "contexts.dev.user").code == 0)
        #expect(try folder.text("config").contains("user: \"\""))
        #expect(try await run("config", "unset", "users.me.exec").code == 0)
        #expect(try await run("config", "unset", "users.me").code == 0)
        #expect(try folder.text("config").contains("users: null"))
        #expect(try await run("config", "unset", "clusters").out == "Property \"clusters\" unset.\n")
        #expect(try folder.text("config").contains("clusters: null"))
        let missing: Run = try await run("config", "unset", "clusters.one.server")
        #expect(missing.error == "error: current map key `one` is invalid\n" && missing.code == 1)
    }

    @Test func `set refuses what is no single value`() async throws {
        for path in ["users.me.as-groups", "users.me.exec", "extensions", "preferences"] {
            #expect(try await run("config", "set", path, "a").error == "error: can't set a map to a value: map[]\n")
        }
        let inside: Run = try await run("config", "set", "users.me.auth-provider.name", "a")
        #expect(inside.error == "error: unable to parse one or more field values of users.me.auth-provider.name\n")
        let other: Run = try await run("config", "set", "users.other.exec.command", "a")
        #expect(other.error == "error: unable to parse one or more field values of users.other.exec.command\n")
        #expect(try await run("config", "set", "", "a").error == "error: you must specify a property\n")
        #expect(try folder.text("config") == Self.text)
    }

    @Test func `what is missing is said in kubectl's words`() async throws {
        let use: Run = try await run("config", "use-context", "nope")
        #expect(use.error == "error: no context exists with the name: \"nope\"\n" && use.code == 1)
        let get: Run = try await run("get", "pods", "--context", "nope")
        #expect(get.error == "Error in configuration: context was not found for specified context: nope\n" && get.code == 1)
        // Verbs that ask for the cluster before the namespace.
        for words in [["api-versions"], ["create", "configmap", "a"], ["get", "--raw", "/"]] {
            let other: Run = try await run(words + ["--context", "nope"])
            #expect(other.error == "error: context \"nope\" does not exist\n" && other.code == 1, "\(words)")
        }
        let diff: Run = try await run("diff", "-f", "-", "--cluster", "nope")
        #expect(diff.error == "error: cluster \"nope\" does not exist\n" && diff.code == 2)
    }

    @Test func `the file of a certificate is found again from another folder`() async throws {
        _ = try await run("config", "set-cluster", "two", "--certificate-authority=ca.pem")
        let path: String = try await run("config", "view", "-o", "jsonpath={.clusters[1].cluster.certificate-authority}").out
        #expect(path.hasPrefix("/") && path.hasSuffix("/ca.pem"))
        let both: Run = try await run("config", "set-cluster", "two", "--certificate-authority=ca.pem", "--insecure-skip-tls-verify")
        #expect(both.error == "error: you cannot specify a certificate authority and insecure mode at the same time\n")
    }

    /// Source: `kubectl config` 1.37.
    @Test func `entries have what each has, and files below the kubeconfig are named from there`() async throws {
        _ = try await run("config", "set-cluster", "two", "--certificate-authority=\(folder.path)/keys/ca.pem")
        _ = try await run("config", "set-context", "two", "--user=me")
        let after: String = try folder.text("config")
        #expect(after.contains("certificate-authority: keys/ca.pem\n    server: \"\"\n  name: two\n"))
        #expect(after.contains("- context:\n    cluster: \"\"\n    user: me\n  name: two\n"))
        #expect(
            try await run("config", "set-cluster", "three", "--embed-certs").error
                == "error: you must specify a --certificate-authority to embed\n")
    }

    @Test func `a removed active context is warned of`() async throws {
        let run: Run = try await run("config", "delete-context", "dev")
        #expect(run.error.hasPrefix("warning: this removed your active context"))
        #expect(run.out == "deleted context dev from \(folder.path)/config\n")
    }

    /// Source: `kubectl config set` 1.37.
    @Test func `one value is set by its path, and removed`() async throws {
        #expect(try await run("config", "set", "contexts.dev.namespace", "other").out == "Property \"contexts.dev.namespace\" set.\n")
        #expect(try await run("config", "set", "clusters.my.new.server", "https://a").code == 0)
        #expect(try await run("config", "set", "users.me.client-key-data", "key", "--set-raw-bytes").code == 0)
        let after: String = try folder.text("config")
        #expect(after.contains("namespace: other") && after.contains("name: my.new") && after.contains("client-key-data: a2V5"))
        #expect(try await run("config", "set", "a", "b").error == "error: unable to parse a after [] at api.Config\n")
        #expect(
            try await run("config", "set", "clusters.one.insecure-skip-tls-verify", "maybe").error
                == "error: strconv.ParseBool: parsing \"maybe\": invalid syntax\n")
        #expect(try await run("config", "unset", "contexts.dev.namespace").out == "Property \"contexts.dev.namespace\" unset.\n")
        #expect(!(try folder.text("config").contains("namespace: other")))
    }

    /// Source: `kubectl config set-credentials` 1.37.
    @Test func `a program for credentials is described by flags`() async throws {
        let set: Run = try await run(
            "config", "set-credentials", "e", "--exec-command=foo", "--exec-api-version=client.authentication.k8s.io/v1", "--exec-arg=a,b",
            "--exec-env=K=V", "--exec-interactive-mode=Never")
        #expect(set.out == "User \"e\" set.\n")
        let after: String = try folder.text("config")
        #expect(after.contains("command: foo") && after.contains("interactiveMode: Never") && after.contains("name: K"))
        #expect(
            try await run("config", "set-credentials", "e", "--exec-interactive-mode=x").error
                == "error: invalid interactive mode type, can be only IfAvailable, Never, Always\n")
    }
}
