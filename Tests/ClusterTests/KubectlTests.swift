import Machinery
import TestSupport
import Testing

extension EndToEnd {
    /// The real kubectl against the cluster, and `swkube` against kubectl's output.
    @Suite(.enabled("kubectl is not on PATH", { TestHome.kubectl != nil })) struct KubectlTests {
        /// Commands whose output both programs must write alike, after one walk through the guestbook.
        static let commands: [String] = [
            "get pods", "get pods -o wide", "get pods -o name", "get pods --show-labels", "get pods -L app",
            "get pods -l app=web --no-headers", "get pods -A", "get deploy,svc", "get all", "get deployment web -o yaml",
            "get deployment web -o json",
            "get configmap page -o yaml", "get secret guest -o yaml", "get job greet -o wide", "get nodes", "get namespaces",
            "get pods --sort-by=.metadata.name -o name",
            "get pods -o jsonpath={.items[*].metadata.name}", "get deploy web -o custom-columns=NAME:.metadata.name,N:.spec.replicas",
            "get pods --field-selector=status.phase=Succeeded -o name", "get endpoints web", "get endpointslices", "get serviceaccounts",
            "get pods nope", "get deploy nope web", "get -n empty pods", "get replicasets -o wide",
            "get leases -n kube-node-lease", "describe service web", "describe configmap page",
            "describe secret guest", "describe job greet",
            "describe namespace default",
            "logs job/greet", "logs job/nope", "api-resources", "api-resources --namespaced=false -o name",
            "config current-context", "config get-contexts", "scale deployment web --replicas=3", "delete pod nope",
            "apply -f samples/guestbook.yaml --dry-run=server", "get events -o name",
        ]

        /// What kubectl wrote differently before 1.36: ports without their names, a line for kube-proxy.
        static let newerCommands: [String] = ["describe deployment web", "describe node local", "describe replicaset -l app=web"]

        @Test func `swkube writes what kubectl writes`() async throws {
            try await TestHome.with { home in
                try await home.start()
                let root: String = Case.root
                try await home.bash("cd \(root) && kubectl apply -f samples/guestbook.yaml").checked()
                try await eventually("the guestbook runs") {
                    try await home.value("deploy/web", "{.status.readyReplicas}") + home.value("job/greet", "{.status.succeeded}")
                } until: {
                    $0 == "31"
                }
                let version: String = try await home.bash("kubectl version --client -o json").checked()
                let minor: String = try JSON(parsing: Array(version.utf8))[["clientVersion", "minor"]]?.string ?? ""
                let isNew: Bool = Int(minor.prefix(while: \.isNumber)) ?? 0 >= 36
                for command in Self.commands + (isNew ? Self.newerCommands : []) {
                    // Ages differ when a second passes between the two: then it is tried again.
                    var (theirs, ours) = ("", "")
                    for _ in 0..<4 {
                        theirs = try await Self.run("kubectl", command, home)
                        ours = try await Self.run("swkube", command, home)
                        if theirs == ours { break }
                    }
                    #expect(ours == theirs, "\(command)\n--- kubectl:\n\(theirs)\n--- swkube:\n\(ours)")
                }
            }
        }

        @Test func `kubectl walks through the guestbook`() async throws {
            try await TestHome.with { home in
                try await home.start()
                let outcome: Command.Outcome = try await home.bash(
                    """
                    cd \(Case.root) && set -e
                    kubectl apply -f samples/guestbook.yaml
                    kubectl rollout status deployment/web --timeout=30s
                    kubectl wait --for=condition=complete job/greet --timeout=30s
                    kubectl logs job/greet | grep 'Hello Ada'
                    kubectl scale deployment web --replicas=1
                    kubectl wait --for=jsonpath='{.status.replicas}'=1 deployment/web --timeout=30s
                    kubectl apply --server-side -f samples/guestbook.yaml --force-conflicts
                    kubectl patch deployment web -p '{"spec":{"replicas":2}}'
                    kubectl label configmap page a=b
                    kubectl annotate deployment web note=hello
                    kubectl explain deployment.spec.replicas | grep replicas
                    kubectl rollout restart deployment/web
                    kubectl rollout status deployment/web --timeout=30s
                    kubectl get --raw /readyz
                    kubectl delete -f samples/guestbook.yaml --timeout=30s
                    for i in $(seq 100); do test -z "$(kubectl get pods -o name)" && exit 0; sleep 0.1; done
                    exit 1
                    """, within: .seconds(180))
                #expect(outcome.code == 0, "\(outcome)")
            }
        }

        private static func run(_ program: String, _ command: String, _ home: TestHome) async throws -> String {
            let outcome: Command.Outcome = try await home.bash("cd \(Case.root) && \(program) \(quoted(command)) 2>&1; echo \"[exit $?]\"")
            return outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                .filter { !$0.contains("version difference between") }
                // As kubectl 1.34 and later write it.
                .map { $0.replacing("ConfigMapOptional:       <nil>", with: "Optional:                false") }
                .joined(separator: "\n")
        }

        private static func quoted(_ command: String) -> String {
            command.split(separator: " ").map { "'\($0)'" }.joined(separator: " ")
        }
    }
}
