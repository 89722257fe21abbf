package import Machinery

/// A kind of the API: one struct, one file in the folder of its group. Everything that the house knows of the kind is declared here.
///
///     package struct ConfigMap: Kind {
///         package static let definition = Definition(ConfigMap(), "core.v1.ConfigMap", "Configuration as keys and values.")
///         package static let names = KindNames("ConfigMap", group: "", plural: "configmaps", short: ["cm"])
///         package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
///         package let data = Field<[String: String]>("data", 2, "Text by key.")
///         package static let columns: [Column<ConfigMap>] = [.name, Column("Data", .integer, "Number of keys.") { … }, .age]
///     }
///
/// `apiVersion` and `kind` go without saying.
package protocol Kind: Schema {
    static var names: KindNames { get }

    /// What `get` prints, in order, and with `-o wide` those of priority 1 too. Source: pkg/printers/internalversion/printers.go.
    static var columns: [Column<Self>] { get }

    /// What no column reads: the rows of long lists are made without it.
    static var unshown: JSONOmissions { get }

    /// Field selectors beside `metadata.name` and `metadata.namespace`.
    static var selectableFields: [SelectableField] { get }

    /// Clears what a creator may not set and sets what the server sets. Runs before validation; status is cleared already
    /// where the kind has the subresource. Source: each resource's strategy in pkg/registry.
    static func prepareForCreate(_ object: inout View<Self>)

    /// What a new object may not say although a stored one may.
    static func validateCreate(_ object: View<Self>, _ problems: inout Problems)

    /// Keeps what an update may not change. Status (or, for the status subresource, everything else) is restored already.
    static func prepareForUpdate(_ object: inout View<Self>, from old: View<Self>)

    /// Why clients are warned on each use of this version of the kind; nil for those in good standing.
    static var deprecation: String? { get }

    /// What the client should know although the request succeeds: one `Warning:` header each.
    ///
    /// - Parameter old: nil for a new object.
    static func warnings(_ object: View<Self>, from old: View<Self>?) -> [String]

    /// Seconds that an object stays after a delete, for its processes to end; `requested` is what the client asked for. 0 deletes at once.
    static func gracePeriod(_ object: View<Self>, requested: Int?) -> Int

    /// Marks an object that waits for its finalizers. Runs when `metadata.deletionTimestamp` is first set.
    static func prepareForDeletion(_ object: inout View<Self>)

    /// True while something beside `metadata.finalizers` keeps a deleted object.
    static func holdsDeletion(_ object: View<Self>) -> Bool

    /// Where another version of the kind is stored: how to get there and back. Nil for kinds that are stored as they are declared.
    static var storedForm: StoredForm? { get }

    var metadata: Field<ObjectMeta> { get }
}

extension Kind {
    package static var columns: [Column<Self>] { [.name, .age] }
    package static var unshown: JSONOmissions { [["metadata", "managedFields"]] }
    package static var selectableFields: [SelectableField] { [] }
    package static func prepareForCreate(_ object: inout View<Self>) {}
    package static func validateCreate(_ object: View<Self>, _ problems: inout Problems) {}
    package static func prepareForUpdate(_ object: inout View<Self>, from old: View<Self>) {}
    package static var deprecation: String? { nil }
    package static func warnings(_ object: View<Self>, from old: View<Self>?) -> [String] { [] }
    package static func gracePeriod(_ object: View<Self>, requested: Int?) -> Int { 0 }
    package static func prepareForDeletion(_ object: inout View<Self>) {}
    package static func holdsDeletion(_ object: View<Self>) -> Bool { false }
    package static var storedForm: StoredForm? { nil }

    /// A new object with apiVersion, kind and name.
    package static func new(_ name: String, namespace: String? = nil, _ fill: (inout View<Self>) -> Void = { _ in }) -> View<Self> {
        var object = View<Self>(["apiVersion": .string(names.apiVersion), "kind": .string(names.kind)])
        object.metadata.name = name
        if let namespace { object.metadata.namespace = namespace }
        fill(&object)
        return object
    }
}

extension View where S: Kind {
    /// What every object has. Read and written without a key path: generic code would make the key path anew each time.
    package var metadata: View<ObjectMeta> {
        get { View<ObjectMeta>(json["metadata"] ?? .object([:])) }
        set { json["metadata"] = newValue.json }
        _modify {
            var metadata = View<ObjectMeta>(json["metadata"] ?? .object([:]))
            // The tree gives its reference up meanwhile: a change deep inside copies no level on its way.
            json["metadata"] = .null
            defer { json["metadata"] = metadata.json }
            yield &metadata
        }
    }
    package var name: String { self.metadata.name }
    package var namespace: String { self.metadata.namespace }
    /// `default/web`, or `web` for kinds without namespace.
    package var key: ObjectKey { ObjectKey(namespace: self.metadata.namespace, name: self.metadata.name) }
    /// True once deletion was asked for.
    package var isTerminating: Bool { self.metadata.deletionTimestamp != nil }
}

/// Namespace and name; the namespace is empty for kinds without one.
package struct ObjectKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let namespace: String
    package let name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    package var description: String { namespace.isEmpty ? name : namespace + "/" + name }

    package static func < (one: ObjectKey, other: ObjectKey) -> Bool {
        (one.namespace, one.name) < (other.namespace, other.name)
    }
}
