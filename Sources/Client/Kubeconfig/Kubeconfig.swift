package import Machinery

/// One kubeconfig document: clusters, users and contexts by name. Members that we don't know survive.
/// Source: k8s.io/client-go/tools/clientcmd/api/v1.
package struct Kubeconfig: Sendable, Hashable {
    /// The three lists of named entries.
    package enum Section: String, Sendable, CaseIterable {
        case clusters, users, contexts

        /// The member of an entry that holds its content: `{"name": "x", "cluster": {…}}`.
        package var member: String { String(rawValue.dropLast()) }
    }

    package var json: JSON

    package init() {
        json = ["apiVersion": "v1", "kind": "Config", "clusters": .null, "contexts": .null, "current-context": "", "users": .null]
    }

    /// Throws ``KubeconfigError`` when the text is no YAML or no object. An empty text is an empty kubeconfig.
    package init(parsing bytes: [UInt8], file: String) throws(KubeconfigError) {
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(bytes, file: file) } catch {
            throw KubeconfigError("error loading config file \"\(file)\": \(error)")
        }
        guard let document = documents.first else {
            self.init()
            return
        }
        guard document.json.object != nil else {
            throw KubeconfigError("error loading config file \"\(file)\": it holds a \(document.json.typeName), not a Config object")
        }
        let version: String = document.json["apiVersion"]?.string ?? "v1"
        guard ["v1", ""].contains(version) else {
            throw KubeconfigError("error loading config file \"\(file)\": no kind \"Config\" is registered for version \"\(version)\"")
        }
        self.init()
        json = document.json
        for section in Section.allCases {
            if let value = json[section.rawValue], !value.isNull, value.array == nil {
                throw KubeconfigError("error loading config file \"\(file)\": \(section.rawValue) is a \(value.typeName), not a list")
            }
            for entry in json[section.rawValue]?.array ?? [] where entry["name"]?.string == nil {
                throw KubeconfigError("error loading config file \"\(file)\": an entry of \(section.rawValue) has no name")
            }
        }
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
            json[section.rawValue] = .array(entries)
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
    package init(_ description: String) { self.description = description }
}
