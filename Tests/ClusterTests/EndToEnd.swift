import Machinery
import TestSupport
import Testing

/// Tests of the built binary against clusters that it starts. One after the other: each has two cores' worth of work of its own.
@Suite(.serialized) enum EndToEnd {}

extension TestHome {
    /// Starts a cluster; throws with everything printed when that fails.
    func start() async throws { try await check("start") }

    /// Applies a manifest from a text.
    func apply(_ manifest: String) async throws {
        try await check("apply", "-f", try folder.write(manifest, to: "manifest.yaml"))
    }

    /// What a JSONPath finds in an object; empty when there is nothing.
    func value(_ object: String, _ path: String) async throws -> String { try await check("get", object, "-o", "jsonpath=\(path)") }

    /// The process of the cluster.
    func pid() async throws -> Int32 {
        let json = try JSON(parsing: Array(try await swkube("status", "-o", "json").output.utf8))
        guard let pid = json["pid"]?.int else { throw TestFailure("status names no process: \(json.text())") }
        return Int32(pid)
    }
}

/// Manifests of the tests.
enum Manifest {
    /// - Parameter word: changes the template, and so makes a new revision.
    static func deployment(_ name: String = "web", replicas: Int = 3, word: String = "one") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: \(name)
        spec:
          replicas: \(replicas)
          selector:
            matchLabels: {app: \(name)}
          template:
            metadata:
              labels: {app: \(name)}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: host/sh
                  command: ["sh", "-c", "echo $WORD; exec sleep 1000"]
                  env:
                    - {name: WORD, value: \(word)}
        """
    }
}
