import FoundationEssentials
import Machinery
import TestSupport
import Testing

extension EndToEnd {
    /// The same lines of shell with the real kubectl and with `swkube` under kubectl's name, on one server: what they write, how they end
    /// and what they leave behind must be alike.
    ///
    /// Runs when it is asked for, `SWKUBE_PARITY=all` or `SWKUBE_PARITY=label,patch`: texts differ between versions of kubectl, and a line
    /// that one of them words anew must not stop a build. The lines stand in `Parity/*.txt`. Each program works in a namespace of its own, `parity-k` and `parity-s`; the names are masked.
    @Suite(
        .enabled("kubectl is on PATH, and SWKUBE_PARITY asks for it") {
            TestHome.kubectl != nil && Command.environment["SWKUBE_PARITY"] != nil
        }
    ) struct ParityTests {
        @Test(.timeLimit(.minutes(20))) func `swkube does what kubectl does`() async throws {
            let scripts: [ParityScript] = try ParityScript.all()
            try await TestHome.with { home in
                try await home.start()
                let minor: Int = try await ParityScript.kubectlMinor(home)
                var count = 0
                var differences: [String] = []
                for script in scripts {
                    let (compared, found): (Int, [String]) = try await script.run(home, minor)
                    count += compared
                    differences += found
                }
                print("\(count) invocations compared with kubectl 1.\(minor)")
                if !differences.isEmpty { throw TestFailure("\(differences.count) differ:\n\n" + differences.joined(separator: "\n\n")) }
            }
        }
    }
}

/// One file of lines, with the folders and namespaces of both programs.
struct ParityScript: Sendable {
    /// One line of bash.
    struct Line: Sendable {
        let command: String
        /// First minor version of kubectl that writes this; 0 for all that we know.
        let since: Int
        /// Of kubectl's own errors: is run with kubectl only, until it succeeds. Prepares the next line.
        let isWait: Bool
        /// Run by both, not compared.
        let isSetup: Bool
    }

    /// Which of the two programs.
    enum Side: String, CaseIterable, Sendable { case kubectl = "k", swkube = "s" }

    let name: String
    let lines: [Line]

    private static let folder: String = Case.root + "/Tests/ClusterTests/Parity"

    /// All scripts; with `SWKUBE_PARITY=label,patch` only these.
    static func all() throws -> [ParityScript] {
        let chosen: [Substring] = (Command.environment["SWKUBE_PARITY"] ?? "all").split(separator: ",").filter { $0 != "all" }
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { file in
            guard file.hasSuffix(".txt") else { return nil }
            let name = String(file.dropLast(4))
            guard chosen.isEmpty || chosen.contains(Substring(name)) else { return nil }
            return ParityScript(
                name: name, lines: parse(String(decoding: try Data(contentsOf: URL(filePath: folder + "/" + file)), as: UTF8.self)))
        }
    }

    /// `#` begins a comment; `@36 why` says that the next line is compared from kubectl 1.36 on; `~ ` waits until it succeeds on both sides;
    /// `- ` is run and not compared; a line that ends with a backslash goes on.
    private static func parse(_ text: String) -> [Line] {
        var lines: [Line] = []
        var since = 0
        var started = ""
        for part in text.split(separator: "\n").map(String.init) {
            if started.isEmpty, part.hasPrefix("#") { continue }
            if started.isEmpty, part.hasPrefix("@") {
                since = Int(part.dropFirst().prefix(while: \.isNumber)) ?? 0
                continue
            }
            if part.hasSuffix("\\") {
                started += part.dropLast() + "\n"
                continue
            }
            let line: String = started + part
            started = ""
            let isWait: Bool = line.hasPrefix("~ ")
            let isSetup: Bool = line.hasPrefix("- ")
            lines.append(
                Line(command: isWait || isSetup ? String(line.dropFirst(2)) : line, since: since, isWait: isWait, isSetup: isSetup))
            since = 0
        }
        return lines
    }

    static func kubectlMinor(_ home: TestHome) async throws -> Int {
        let version: String = try await home.bash("'\(TestHome.kubectl ?? "")' version --client -o json").checked()
        let text: String = try JSON(parsing: Array(version.utf8))[["clientVersion", "minor"]]?.string ?? ""
        return Int(text.prefix(while: \.isNumber)) ?? 0
    }

    /// Runs all lines on both sides and compares. Returns how many were compared, and every difference.
    func run(_ home: TestHome, _ minor: Int) async throws -> (compared: Int, differences: [String]) {
        try await prepare(home)
        var differences: [String] = []
        var count = 0
        for line in lines {
            if line.isWait {
                for side in Side.allCases {
                    try await eventually("\(name): \(line.command)") {
                        try await outcome("kubectl() { \(TestHome.kubectl ?? "") \"$@\"; }; \(line.command)", side, home).code
                    } until: {
                        $0 == 0
                    }
                }
                continue
            }
            let theirs: Command.Outcome = try await outcome(line.command, .kubectl, home)
            let ours: Command.Outcome = try await outcome(line.command, .swkube, home)
            guard !line.isSetup, line.since <= minor else { continue }
            count += 1
            let (wanted, seen): (String, String) = (Self.masked(theirs), Self.masked(ours))
            if wanted != seen { differences.append("\(name): \(line.command)\n--- kubectl:\n\(wanted)\n--- swkube:\n\(seen)") }
        }
        let (theirs, ours): (String, String) = (try await objects(.kubectl, home), try await objects(.swkube, home))
        // An older kubectl makes other objects with the lines that it does not know yet.
        if !lines.contains(where: { $0.since > minor }), theirs != ours {
            differences.append("\(name): the objects left behind\n\(Self.difference(theirs, ours))")
        }
        try await finish(home)
        return (count, differences)
    }

    /// A folder with the program under kubectl's name, a kubeconfig and a namespace for each side; the same files in both.
    private func prepare(_ home: TestHome) async throws {
        for side in Side.allCases {
            let program: String = side == .kubectl ? TestHome.kubectl ?? "" : TestHome.binary
            let place: String = Self.place(side, home)
            try await home.bash(
                """
                mkdir -p '\(place)/bin' && ln -sf '\(program)' '\(place)/bin/kubectl' && rm -rf '\(place)/work' \
                && cp -r '\(Self.folder)/files' '\(place)/work' && cp "$KUBECONFIG" '\(place)/config' && export KUBECONFIG='\(place)/config' \
                && swkube create namespace parity-\(side.rawValue) && swkube config set-context --current --namespace=parity-\(side.rawValue)
                """
            ).checked("preparing \(name)")
        }
    }

    private func finish(_ home: TestHome) async throws {
        _ = try await home.bash(
            "swkube delete namespace parity-k parity-s; swkube delete clusterroles,clusterrolebindings,priorityclasses,crd,pv,csr -l parity"
        )
    }

    private static func place(_ side: Side, _ home: TestHome) -> String { home.folder.file("parity-" + side.rawValue) }

    private func outcome(_ command: String, _ side: Side, _ home: TestHome) async throws -> Command.Outcome {
        let place: String = Self.place(side, home)
        return try await home.bash(
            """
            export PATH='\(place)/bin':$PATH KUBECONFIG='\(place)/config' NS=parity-\(side.rawValue) TZ=UTC; cd '\(place)/work'
            \(command)
            """)
    }

    /// What both programs left in their namespaces, without what others made of it. Who owns which field is not compared:
    /// `apply --server-side` of swkube leaves the fields of a client-side apply with that manager, where kubectl takes them over.
    private func objects(_ side: Side, _ home: TestHome) async throws -> String {
        let types: String =
            "configmaps,secrets,services,serviceaccounts,deployments,daemonsets,statefulsets,jobs,cronjobs,ingresses,"
            + "poddisruptionbudgets,horizontalpodautoscalers,roles,rolebindings,resourcequotas,limitranges"
        let text: String = try await home.bash(
            "KUBECONFIG='\(Self.place(side, home))/config' swkube get \(types) -o json"
        ).checked("reading what \(name) left behind")
        // kubectl up to 1.33 writes an empty time of creation into its note of what was applied.
        let bare: String = text.replacing(#",\"creationTimestamp\":null"#, with: "")
        let list: [JSON] = (try JSON(parsing: Array(bare.utf8))["items"]?.array ?? []).map { item in
            var item: JSON = item
            item["status"] = nil
            for member in ["resourceVersion", "generation", "uid"] { item[["metadata", member]] = nil }
            return item
        }
        return Self.masked(JSON.array(list).sortedByKey.text(.kubectl))
    }

    private static func masked(_ outcome: Command.Outcome) -> String {
        masked(outcome.output) + (outcome.error.isEmpty ? "" : "[stderr]\n" + masked(outcome.error)) + "[exit \(outcome.code)]"
    }

    private static func masked(_ text: String) -> String {
        var text: String = text
        text.replace(#/parity-[ks]/#, with: "parity-x")
        // Go's log: its own tries, and warnings, which are plain ones of swkube.
        text.replace(#/(?m)^E\d{4} .*(?:memcache|cert_rotation)\.go.*\n/#, with: "")
        text.replace(#/(?m)^W\d{4} [\d:.]+ +\d+ \w+\.go:\d+\] /#, with: "Warning: ")
        // kubectl before 1.34 wrote times that were not set, knew no kyaml, named no namespace of what it deleted, and began errors of flags with a capital letter.
        text.replace(#/(?m)^( *)metadata:\n\1  creationTimestamp: null\n(?!\1 )/#) { "\($0.output.1)metadata: {}\n" }
        text.replace(#/(?m)^ *creationTimestamp: null\n/#, with: "")
        text.replace(#/ *"creationTimestamp": null,\n/#, with: "")
        text.replace(#/,\n *"creationTimestamp": null\n/#, with: "\n")
        text.replace(#/\\"creationTimestamp\\":null,|,\\"creationTimestamp\\":null/#, with: "")
        text.replace("\npreferences: {}\n", with: "\n")
        text.replace(",kyaml", with: "")
        text.replace(" from parity-x namespace", with: "")
        text.replace(#/(?m)^(?:E\d{4} .*)?"command failed" err="(.*)"$/#) { match in
            "error: \(match.output.1.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\"))"
        }
        text.replace(#/(?m)^(?:E\d{4} .*)?"command failed" err=<\n((?:\t.*\n|\n)*) >$/#) { match in
            "error: " + match.output.1.dropFirst().replacing("\n\t", with: "\n").dropLast()
        }
        text.replace(#/(?m)^Error: (unknown|flag needs|invalid argument|required flag)/#) { "error: \($0.output.1)" }
        text.replace(#/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, with: "UID")
        text.replace(#/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+\d\d:\d\d)/#, with: "TIME")
        text.replace(#/[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}/#, with: "DATE")
        text.replace(#/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/#, with: "DATE")
        text.replace(#/\b(?:10|127)\.\d+\.\d+\.\d+\b/#, with: "10.IP")
        text.replace(#/\bfd00:10:244::[0-9a-f]+\b/#, with: "IPV6")
        text.replace(#/("?resourceVersion"?: ?)"?\d+"?/#) { "\($0.output.1)REVISION" }
        text.replace(#/(Resource Version: +)\d+/#) { "\($0.output.1)REVISION" }
        text.replace(#/(resourceVersion\\":\\")\d+/#) { "\($0.output.1)REVISION" }
        text.replace(#/-[bcdf-hj-np-tv-xz2456789]{5}\b/#, with: "-RANDOM")
        // Of a template with a time in it.
        text.replace(#/(pod-template-hash=|\bweb-)[bcdf-hj-np-tv-xz2456789]{8,10}\b/#) { "\($0.output.1)HASH" }
        // kubectl before 1.37 worded probes otherwise, and named no container in events.
        text.replace(#/#success=(\d+) #failure=(\d+)/#) { "successThreshold=\($0.output.1) failureThreshold=\($0.output.2)" }
        text.replace(#/spec\.(?:init)?[cC]ontainers\{[\w-]+\}: /#, with: "")
        // Named after the namespace, and the version of the program.
        text.replace(#/applyset-[\w-]{43}-v1/#, with: "APPLYSET")
        text.replace(#/kubectl/v1\.\d+\.\d+(?:-dispatcher)?/#, with: "kubectl/VERSION")
        text.replace(#/\b3[0-2]\d{3}\b/#, with: "NODEPORT")
        text.replace(#/(?m)(^|[ \t(])(?:<invalid>|\d+[dhms](?:\d+[hms])*)(?=$|[ \t)])/#) { "\($0.output.1)AGE" }
        text.replace(#/ {2,}AGE/#, with: "  AGE")
        text.replace(#/AGE {2,}/#, with: "AGE  ")
        return text
    }

    /// The lines around what differs.
    private static func difference(_ one: String, _ other: String) -> String {
        let (left, right): ([Substring], [Substring]) = (one.split(separator: "\n"), other.split(separator: "\n"))
        let changes: [CollectionDifference<Substring>.Change] = Array(right.difference(from: left))
        return changes.prefix(60).map { change in
            switch change {
            case .remove(let offset, let line, _): "kubectl \(offset): \(line)"
            case .insert(let offset, let line, _): "swkube  \(offset): \(line)"
            }
        }.joined(separator: "\n")
    }
}
