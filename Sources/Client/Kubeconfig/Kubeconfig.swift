package import Machinery

/// One kubeconfig document: clusters, users and contexts by name. Members that we don't know survive.
/// Source: k8s.io/client-go/tools/clientcmd/api/v1.
package struct Kubeconfig: Sendable, Hashable {
    /// The three lists of named entries.
    package enum Section: String, Sendable, CaseIterable {
        case clusters, users, contexts

        /// The member of an entry that holds its content: `{"name": "x", "cluster": {…}}`.
        package var member: String { String(rawValue.dropLast()) }

        /// The type of Go.
        var goName: String {
            switch self {
            case .clusters: "Cluster"
            case .users: "AuthInfo"
            case .contexts: "Context"
            }
        }
    }

    package var json: JSON

    package init() {
        json = ["apiVersion": "v1", "kind": "Config", "clusters": .null, "contexts": .null, "current-context": "", "users": .null]
    }

    /// Throws ``KubeconfigError`` when the text is no YAML or no object. An empty text is an empty kubeconfig.
    package init(parsing bytes: [UInt8], file: String) throws(KubeconfigError) {
        let documents: [YAMLDocument]
        func bad(_ why: String) -> KubeconfigError { KubeconfigError("error loading config file \"\(file)\": \(why)") }
        do { documents = try YAML.documents(bytes, file: file) } catch {
            throw bad("yaml: " + (error.goLine.map { "line \($0): " } ?? "") + error.problem)
        }
        guard let document = documents.first else {
            self.init()
            return
        }
        guard document.json.object != nil else {
            throw bad("it holds a \(document.json.typeName), not a Config object")
        }
        let version: String = document.json["apiVersion"]?.string ?? "v1"
        let kind: String = document.json["kind"]?.string ?? "Config"
        guard ["v1", ""].contains(version), ["Config", ""].contains(kind) else {
            throw bad(
                "no kind \(JSON.quoted(kind)) is registered for version \(JSON.quoted(version)) in scheme "
                    + "\"k8s.io/client-go/tools/clientcmd/api/latest/latest.go:50\"")
        }
        self.init()
        json = document.json
        for section in Section.allCases {
            if let value = json[section.rawValue], !value.isNull, value.array == nil {
                throw bad(
                    "json: cannot unmarshal \(value.typeName) into Go struct field Config.\(section.rawValue) of type []v1.Named\(section.goName)"
                )
            }
            for entry in json[section.rawValue]?.array ?? [] {
                if entry["name"]?.string == nil { throw bad("an entry of \(section.rawValue) has no name") }
                for member in entry[section.member]?.object ?? [:] where member.key.hasSuffix("-data") {
                    guard let text = member.value.string, Base64Text.decode(text) == nil else { continue }
                    throw bad("illegal base64 data at input byte \(Self.end(ofBase64: text))")
                }
            }
        }
    }

    /// Where a text stops being base64, as Go counts: at a sign of no meaning, or at the last group when it is not whole.
    private static func end(ofBase64 text: String) -> Int {
        let bytes: [UInt8] = Array(text.utf8)
        let known: Set<UInt8> = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n".utf8)
        return bytes.firstIndex { !known.contains($0) } ?? bytes.count - bytes.count % 4
    }

    /// Empty when none is chosen.
    package var currentContext: String {
        get { json["current-context"]?.string ?? "" }
        set { json["current-context"] = .string(newValue) }
    }

    /// Names in a section, in the order of the file.
    package func names(_ section: Section) -> [String] {
        (json[section.rawValue]?.array ?? []).compactMap { $0["name"]?.string }
    }

    /// The content of an entry. Setting nil removes it; an entry that is there keeps its place.
    package subscript(_ section: Section, _ name: String) -> JSON? {
        get {
            for entry in json[section.rawValue]?.array ?? [] where entry["name"]?.string == name {
                return entry[section.member] ?? [:]
            }
            return nil
        }
        set {
            var entries: [JSON] = json[section.rawValue]?.array ?? []
            let index: Int? = entries.firstIndex { $0["name"]?.string == name }
            switch (index, newValue) {
            case (let index?, let value?): entries[index][section.member] = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(["name": .string(name), section.member: value])
            case (nil, nil): return
            }
            json[section.rawValue] = entries.isEmpty ? .null : .array(entries)
        }
    }

    /// As kubectl writes it: YAML with sorted keys.
    package var text: String { YAML.write(json) }

    /// True when nothing in it could lead to a cluster.
    package var isEmpty: Bool {
        Section.allCases.allSatisfy { names($0).isEmpty } && currentContext.isEmpty
    }
}

/// Why a kubeconfig cannot be read, changed or used: a sentence.
package struct KubeconfigError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// True for a text of kubectl's that stands without `error: `.
    package let isComplete: Bool
    /// What verbs say of it that ask for the cluster before they ask for the namespace; nil where all say the same.
    package let otherWords: String?

    package init(_ description: String, isComplete: Bool = false, otherWords: String? = nil) {
        self.description = description
        self.isComplete = isComplete
        self.otherWords = otherWords
    }
}
