import Synchronization

/// The declaration of an object type: a struct whose stored properties are ``Field``s.
///
///     package struct ReplicaSetStatus: Schema {
///         package static let definition = Definition(ReplicaSetStatus(), "apps.v1.ReplicaSetStatus", "What was last seen of a ReplicaSet.")
///         package let replicas = Field<Int32>("replicas", 1, "Number of pods.", .always)
///     }
///
/// Objects themselves are trees; ``View`` reads and writes them through these declarations, so unknown members survive.
package protocol Schema: FieldValue, Sendable where Reading == View<Self> {
    /// The one instance of the declaration, with its name and doc.
    static var definition: Definition<Self> { get }

    /// Defaults that depend on other fields; runs after the fields' own, inner objects first.
    static func setDefaults(_ object: inout View<Self>)

    /// Rules between fields; runs after the rules of the fields. Inner objects have been validated.
    static func validate(_ object: View<Self>, _ path: Path, _ problems: inout Problems)

    /// Rules between the new and the old version, beside those of `.immutable` fields.
    static func validateUpdate(_ object: View<Self>, from old: View<Self>, _ path: Path, _ problems: inout Problems)
}

extension Schema {
    package static func setDefaults(_ object: inout View<Self>) {}
    package static func validate(_ object: View<Self>, _ path: Path, _ problems: inout Problems) {}
    package static func validateUpdate(_ object: View<Self>, from old: View<Self>, _ path: Path, _ problems: inout Problems) {}

    package static var schema: TypeSchema { .object(SchemaReference { definition.schema }) }
    package static func read(_ json: JSON?) -> View<Self> { View(json ?? .object([:])) }
    package static func write(_ reading: View<Self>) -> JSON? { reading.json }
}

/// The one instance of a declaration: its fields by Swift name, and the same as a schema without Swift types.
package final class Definition<S: Schema>: Sendable {
    package let fields: S
    package let schema: ObjectSchema

    /// - Parameters:
    ///   - name: the OpenAPI name; `io.k8s.api.` goes without saying.
    ///   - isAtomic: server-side apply owns objects of the type as a whole, wherever they stand.
    package init(_ fields: S, _ name: String, _ doc: String, isAtomic: Bool = false) {
        self.fields = fields
        let declared: [FieldSchema] = Mirror(reflecting: fields).children.compactMap { $0.value as? FieldSchema }
        schema = ObjectSchema(
            name: name.hasPrefix("io.") ? name : "io.k8s.api." + name, doc: doc, fields: declared,
            rules: ObjectSchema.Rules(
                setDefaults: { json in
                    var view = View<S>(json)
                    json = .null  // the view holds the only reference, so that it changes in place
                    S.setDefaults(&view)
                    json = view.json
                },
                validate: { S.validate(View<S>($0), $1, &$2) },
                validateUpdate: { S.validateUpdate(View<S>($0), from: View<S>($1), $2, &$3) }),
            isAtomic: isAtomic)
    }
}

/// An object type without its Swift type: what the API server and the patches work with. Custom resources make theirs at run time.
package final class ObjectSchema: Sendable {
    /// The rules that a declaration writes as functions.
    package struct Rules: Sendable {
        package let setDefaults: @Sendable (inout JSON) -> Void
        package let validate: @Sendable (JSON, Path, inout Problems) -> Void
        package let validateUpdate: @Sendable (JSON, JSON, Path, inout Problems) -> Void

        package static let none = Rules(setDefaults: { _ in }, validate: { _, _, _ in }, validateUpdate: { _, _, _, _ in })

        package init(
            setDefaults: @escaping @Sendable (inout JSON) -> Void,
            validate: @escaping @Sendable (JSON, Path, inout Problems) -> Void,
            validateUpdate: @escaping @Sendable (JSON, JSON, Path, inout Problems) -> Void
        ) {
            self.setDefaults = setDefaults
            self.validate = validate
            self.validateUpdate = validateUpdate
        }
    }

    /// `io.k8s.api.apps.v1.ReplicaSetSpec`
    package let name: String
    package let doc: String
    /// In the order of declaration.
    package let fields: [FieldSchema]
    package let rules: Rules
    /// True when members that no field declares are kept.
    package let keepsUnknown: Bool
    /// True when server-side apply owns objects of the type as a whole.
    package let isAtomic: Bool
    /// Fields that Go writes with their zero value where they are absent, and these values.
    let zeroes: [(name: String, value: JSON)]
    private let indexes: [String: Int]
    private let plan = AtomicLazyReference<ProtobufPlan>()

    package init(
        name: String, doc: String, fields: [FieldSchema], rules: Rules = .none, keepsUnknown: Bool = false, isAtomic: Bool = false
    ) {
        self.name = name
        self.doc = doc
        self.fields = fields
        self.rules = rules
        self.keepsUnknown = keepsUnknown
        self.isAtomic = isAtomic
        zeroes = fields.compactMap { field in field.writtenZero.map { (field.name, $0) } }
        indexes = [String: Int](uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
    }

    /// How objects of the type are written in protobuf; made when first asked for.
    var protobufPlan: ProtobufPlan { plan.load() ?? plan.storeIfNil(ProtobufPlan(fields)) }

    package func index(of field: String) -> Int? { indexes[field] }

    package subscript(field: String) -> FieldSchema? { indexes[field].map { fields[$0] } }

    /// `v1.ReplicaSetSpec`, as Go's errors name it.
    package var goName: String { name.split(separator: ".").suffix(2).joined(separator: ".") }

    /// `ReplicaSetSpec`
    package var shortName: String { name.split(separator: ".").last.map(String.init) ?? name }
}
