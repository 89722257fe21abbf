package import Machinery

/// What one manager owns of an object: one entry of `metadata.managedFields`.
package struct FieldOwnership: Sendable, Hashable {
    package enum Operation: String, Sendable { case apply = "Apply", update = "Update" }

    /// Entries of the same owner are one entry. Appliers are the same in each version of the API.
    package struct Owner: Sendable, Hashable {
        package let manager: String
        package let operation: Operation
        /// Empty for appliers.
        package let apiVersion: String
        /// Empty for the object itself.
        package let subresource: String

        package init(manager: String, operation: Operation, apiVersion: String, subresource: String) {
            self.manager = manager.isEmpty ? "unknown" : manager
            self.operation = operation
            self.apiVersion = operation == .apply ? "" : apiVersion
            self.subresource = subresource
        }
    }

    package let owner: Owner
    package var apiVersion: String
    package var time: Time?
    private var stored: Stored

    /// Most writes touch the fields of one manager: the others' stay as they were read.
    private enum Stored: Sendable, Hashable {
        /// Well-formed FieldsV1.
        case encoded(JSON)
        case decoded(FieldSet)
    }

    /// What the manager owns. Reading decodes it.
    package var fields: FieldSet {
        get {
            switch stored {
            case .encoded(let json): FieldSet(json) ?? FieldSet()
            case .decoded(let set): set
            }
        }
        set { stored = .decoded(newValue) }
    }

    init(owner: Owner, apiVersion: String, time: Time?, fields: FieldSet) {
        self.owner = owner
        self.apiVersion = apiVersion
        self.time = time
        stored = .decoded(fields)
    }

    /// - Parameter fieldsV1: well-formed.
    init(owner: Owner, apiVersion: String, time: Time?, fieldsV1: JSON) {
        self.owner = owner
        self.apiVersion = apiVersion
        self.time = time
        stored = .encoded(fieldsV1)
    }

    /// nil when the entry is malformed. Fields that this server stored are not checked.
    init?(_ json: JSON, isChecked: Bool) {
        guard let operation: Operation = json["operation"]?.string.flatMap({ Operation(rawValue: $0) }),
            let apiVersion: String = json["apiVersion"]?.string, json["fieldsType"]?.string ?? "FieldsV1" == "FieldsV1"
        else { return nil }
        let fields: JSON = json["fieldsV1"] ?? .object([:])
        if !isChecked, FieldSet(fields) == nil { return nil }
        owner = Owner(
            manager: json["manager"]?.string ?? "", operation: operation, apiVersion: apiVersion,
            subresource: json["subresource"]?.string ?? "")
        self.apiVersion = apiVersion
        time = json["time"]?.string.flatMap { Time($0) }
        stored = .encoded(fields)
    }

    var isEmpty: Bool {
        switch stored {
        case .encoded(let json): json.isEmpty
        case .decoded(let set): set.isEmpty
        }
    }

    /// Whether the manager owns a field of the set.
    func owns(anyOf set: FieldSet) -> Bool {
        switch stored {
        case .encoded(let json): set.hasMember(in: json)
        case .decoded(let own): !own.intersection(set).isEmpty
        }
    }

    /// Whether the manager owns all fields of the set.
    func owns(allOf set: FieldSet) -> Bool {
        switch stored {
        case .encoded(let json): set.isSubset(of: json)
        case .decoded(let own): set.subtracting(own).isEmpty
        }
    }

    var json: JSON {
        var members: [JSONObject.Member] = [
            JSONObject.Member(key: "manager", value: .string(owner.manager)),
            JSONObject.Member(key: "operation", value: .string(owner.operation.rawValue)),
            JSONObject.Member(key: "apiVersion", value: .string(apiVersion)),
        ]
        if let time { members.append(JSONObject.Member(key: "time", value: time.json)) }
        members.append(JSONObject.Member(key: "fieldsType", value: "FieldsV1"))
        members.append(JSONObject.Member(key: "fieldsV1", value: fieldsV1))
        if !owner.subresource.isEmpty { members.append(JSONObject.Member(key: "subresource", value: .string(owner.subresource))) }
        return .object(JSONObject(members: members))
    }

    private var fieldsV1: JSON {
        switch stored {
        case .encoded(let json): json
        case .decoded(let set): set.json
        }
    }
}

/// The entries of one object; at most one for each owner.
struct Managers: Sendable {
    private(set) var entries: [FieldOwnership] = []

    init() {}

    /// Of a new object; none where its creator owns nothing.
    init(ofCreator owner: FieldOwnership.Owner, _ fieldsV1: JSON, at time: Time) {
        self[owner] = FieldOwnership(owner: owner, apiVersion: owner.apiVersion, time: time, fieldsV1: fieldsV1)
    }

    /// What this server stored; malformed entries are dropped.
    init(stored json: JSON?) {
        for element in json?.array ?? [] {
            if let entry = FieldOwnership(element, isChecked: true) { self[entry.owner] = entry }
        }
    }

    /// What a client sent; nil when an entry is malformed.
    init?(sent json: JSON) {
        guard let list: [JSON] = json.array else { return nil }
        for element in list {
            guard let entry = FieldOwnership(element, isChecked: false) else { return nil }
            self[entry.owner] = entry
        }
    }

    var isEmpty: Bool { entries.isEmpty }

    /// All fields that anybody owns.
    var fields: FieldSet { entries.reduce(FieldSet()) { $0.union($1.fields) } }

    /// An entry without fields is removed.
    subscript(owner: FieldOwnership.Owner) -> FieldOwnership? {
        get { entries.first { $0.owner == owner } }
        set {
            let index: Int? = entries.firstIndex { $0.owner == owner }
            switch (index, newValue) {
            case (let index?, let entry?) where !entry.isEmpty: entries[index] = entry
            case (let index?, _): entries.remove(at: index)
            case (nil, let entry?) where !entry.isEmpty: entries.append(entry)
            case (nil, _): break
            }
        }
    }

    /// Takes fields away from everybody, or from everybody but one. Returns whether somebody had one.
    @discardableResult
    mutating func disown(_ fields: FieldSet, except owner: FieldOwnership.Owner? = nil) -> Bool {
        var isChanged: Bool = false
        for entry in entries where entry.owner != owner && entry.owns(anyOf: fields) {
            var rest: FieldOwnership = entry
            rest.fields = entry.fields.subtracting(fields)
            self[entry.owner] = rest
            isChanged = true
        }
        return isChanged
    }

    /// Appliers first, then by time, manager, version and subresource; nil without entries.
    var json: JSON? {
        guard !entries.isEmpty else { return Optional.none }
        return .array(
            entries.sorted { one, two in
                if one.owner.operation != two.owner.operation { return one.owner.operation == .apply }
                let times: (Int64, Int64) = (one.time?.seconds ?? 0, two.time?.seconds ?? 0)
                if times.0 != times.1 { return times.0 < times.1 }
                return (one.owner.manager, one.apiVersion, one.owner.subresource)
                    < (two.owner.manager, two.apiVersion, two.owner.subresource)
            }.map(\.json))
    }

    /// Whether both own the same, whenever they came to it.
    func hasSameOwnership(as other: Managers) -> Bool {
        entries.count == other.entries.count
            && entries.allSatisfy { entry in
                other[entry.owner].map { $0.fields == entry.fields && $0.apiVersion == entry.apiVersion } ?? false
            }
    }

    /// Merges the oldest updaters of each version into one entry, until no more than `most` are left.
    ///
    /// Source: k8s.io/apimachinery/pkg/util/managedfields/internal/capmanagers.go.
    mutating func capUpdaters(_ most: Int = 10) {
        guard entries.count > most else { return }
        let updaters: [FieldOwnership] = entries.filter { $0.owner.operation == .update }.sorted { one, two in
            (one.time?.seconds ?? 0, one.owner.manager, one.apiVersion) < (two.time?.seconds ?? 0, two.owner.manager, two.apiVersion)
        }
        var count: Int = updaters.count
        var first: [String: FieldOwnership] = [:]
        for updater in updaters where count > most {
            guard let oldest: FieldOwnership = first[updater.apiVersion] else {
                first[updater.apiVersion] = updater
                continue
            }
            let bucket = FieldOwnership.Owner(
                manager: "ancient-changes", operation: .update, apiVersion: updater.apiVersion, subresource: "")
            let gathered: FieldSet
            if let entry: FieldOwnership = self[bucket] {
                gathered = entry.fields
            } else {
                gathered = oldest.fields
                self[oldest.owner] = nil
            }
            if updater.owner != bucket { self[updater.owner] = nil }
            self[bucket] = FieldOwnership(
                owner: bucket, apiVersion: updater.apiVersion, time: updater.time, fields: gathered.union(updater.fields))
            count -= 1
        }
    }
}
