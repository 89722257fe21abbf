import TestSupport
import Testing

extension EndToEnd {
    /// Streams to pods with the real kubectl, over WebSocket and over SPDY, and with `swkube` in its place.
    @Suite(.enabled("kubectl is not on PATH", { TestHome.kubectl != nil })) struct KubectlStreamTests {
        private static let pod = """
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: host/sh
                  command: ["sh", "-c", "while read line; do echo got $line; done; exec sleep 1000"]
                  stdin: true
                - name: page
                  image: host/sh
                  command: ["python3", "-m", "http.server", "8080", "--bind", "0.0.0.0", "--directory", "/etc"]
            """

        /// One walk, with `$K` for the program; what it prints is the same for all of them.
        private static let walk = """
            set -ux
            $K exec web -c main -- sh -c 'echo out; exit 3' 2>/dev/null; echo "exit $?"
            echo typed | $K exec -i web -c main -- cat
            head -c 3000000 /dev/urandom > blob
            $K exec -i web -c main -- sh -c 'cat > /tmp/blob' < blob
            $K exec web -c main -- cat /tmp/blob | cmp - blob && echo same
            $K exec web -c main -- nope 2>&1 | grep -o 'exec: "nope".*PATH'
            mkdir -p tree/below; echo a > tree/a; echo b > 'tree/below/b c'
            $K exec web -c main -- rm -rf /tmp/tree
            $K cp tree web:/tmp/tree -c main && $K exec web -c main -- sh -c 'cd /tmp/tree && find . -type f | sort && cat a "below/b c"'
            rm -rf back; $K cp web:/tmp/tree back -c main | grep -v '^tar:'; diff -r tree back && echo copied
            $K cp web:/tmp/blob blob2 -c main | grep -v '^tar:'; cmp blob blob2 && echo copied too
            $K cp blob3 web:/tmp/x -c main 2>/dev/null; echo "exit $?"
            (echo one; sleep 1) | timeout 3 $K attach -i -q web -c main 2>/dev/null | head -1
            $K port-forward pod/web :8080 > ports 2>/dev/null & forward=$!
            for i in $(seq 100); do grep -q Forwarding ports && break; sleep 0.1; done
            port=$(sed -n 's/^Forwarding from 127.0.0.1:\\([0-9]*\\) -> 8080$/\\1/p' ports)
            for i in $(seq 20); do curl -fs -o page$i http://127.0.0.1:$port/passwd & done; wait $(jobs -p | grep -v "^$forward$")
            for i in $(seq 20); do cmp -s page$i /etc/passwd || echo page $i differs; done
            kill $forward; wait $forward 2>/dev/null
            echo done
            """

        private static let printed = """
            out
            exit 3
            typed
            same
            exec: "nope": executable file not found in $PATH
            ./a
            ./below/b c
            a
            b
            copied
            copied too
            exit 1
            got one
            done

            """

        @Test(arguments: ["kubectl", "KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false KUBECTL_PORT_FORWARD_WEBSOCKETS=false kubectl", "swkube"])
        func `exec, cp, attach and port-forward work`(program: String) async throws {
            try await TestHome.with { home in
                try await home.start()
                try await home.apply(Self.pod)
                try await home.check("get", "pods")
                try await eventually("the pod is ready") {
                    try await home.value("pod/web", "{.status.conditions[?(@.type==\"Ready\")].status}") == "True"
                }
                let words: String = program.replacing("swkube", with: TestHome.binary)
                let folder: String = home.folder.file("work")
                let outcome: Command.Outcome = try await home.bash(
                    "mkdir -p \(folder) && cd \(folder) && K='env \(words)'\n\(Self.walk)", within: .seconds(150))
                #expect(outcome.output == Self.printed, "\(outcome)")
            }
        }

        @Test func `a terminal is given on, resized, and as before in the end`() async throws {
            guard Command.path(of: "tmux") != nil else { return print("skipped: tmux is not on PATH") }
            try await TestHome.with { home in
                try await home.start()
                try await home.apply(Self.pod)
                try await eventually("the pod is ready") {
                    try await home.value("pod/web", "{.status.conditions[?(@.type==\"Ready\")].status}") == "True"
                }
                for program in ["kubectl", TestHome.binary] {
                    let tmux = "tmux -L swkube-\(home.folder.path.split(separator: "/").last ?? "x")"
                    let screen: Command.Outcome = try await home.bash(
                        """
                        trap '\(tmux) kill-server 2>/dev/null' EXIT
                        has() { for i in $(seq 100); do \(tmux) capture-pane -p | grep -q "$1" && return 0; sleep 0.1; done; \(tmux) capture-pane -p; exit 1; }
                        \(tmux) new-session -d -x 100 -y 30 bash --norc
                        \(tmux) send-keys "PS1='outer> '; stty -g > \(home.folder.path)/before; \(program) exec -it web -c main -- sh" Enter
                        \(tmux) send-keys "PS1='in''ner> '" Enter; has 'inner>'
                        \(tmux) send-keys 'echo si''ze $(stty size)' Enter; has 'size 30 100'
                        \(tmux) resize-window -x 90 -y 25
                        for i in $(seq 50); do \(tmux) send-keys 'echo si''ze $(stty size)' Enter; sleep 0.1; \(tmux) capture-pane -p | grep -q 'size 25 90' && break; done
                        has 'size 25 90'
                        \(tmux) send-keys 'sleep 100' Enter C-c 'echo interr''upted' Enter; has interrupted
                        \(tmux) send-keys 'exit 7' Enter; \(tmux) send-keys 'echo co''de $?' Enter; has 'code 7'
                        \(tmux) resize-window -x 100 -y 30
                        \(tmux) send-keys "stty -g > \(home.folder.path)/after; echo te''sted" Enter; has tested
                        cmp \(home.folder.path)/before \(home.folder.path)/after && echo restored
                        """, within: .seconds(100))
                    #expect(screen.output.hasSuffix("restored\n"), "\(program): \(screen)")
                }
            }
        }

        @Test(arguments: ["kubectl", "swkube"]) func `an ephemeral container looks into a pod, and run stays with its pod`(
            program: String
        ) async throws {
            try await TestHome.with { home in
                try await home.start()
                try await home.apply(Self.pod)
                try await eventually("the pod is ready") {
                    try await home.value("pod/web", "{.status.conditions[?(@.type==\"Ready\")].status}") == "True"
                }
                let words: String = program.replacing("swkube", with: TestHome.binary)
                let outcome: Command.Outcome = try await home.bash(
                    """
                    K='\(words)'
                    $K debug web --image=host/sh --target=page -c looker --profile=general -i -q -- sh -c 'read x; tr "\\0" " " < /proc/1/cmdline; echo; echo "[$x]"' <<< word 2>/dev/null
                    $K get pod web -o jsonpath='{.status.ephemeralContainerStatuses[0].name} {.spec.ephemeralContainers[0].targetContainerName}{"\\n"}'
                    echo input | $K run once --image=host/sh --restart=Never --rm -i -q --command -- sh -c 'cat; exit 5' 2>/dev/null; echo "exit $?"
                    $K get pod once 2>&1
                    """, within: .seconds(60))
                #expect(outcome.output.contains("python3 -m http.server 8080"), "\(outcome)")
                #expect(outcome.output.contains("[word]\nlooker page\n"), "\(outcome)")
                #expect(outcome.output.contains("input\n"), "\(outcome)")
                #expect(outcome.output.contains("exit 5\nError from server (NotFound): pods \"once\" not found\n"), "\(outcome)")
            }
        }
    }
}
