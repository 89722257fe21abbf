/// The declaration of an object type: a struct whose stored properties are ``Field``s.
///
///     public struct ReplicaSetStatus: Schema {
///         public static let definition = Definition(ReplicaSetStatus(), "apps.v1.ReplicaSetStatus", "What was last seen of a ReplicaSet.")
///         public let replicas = Field<Int32>("replicas", 1, "Number of pods.", .always)
///     }
///
/// Objects themselves are trees; ``View`` reads and writes them through these declarations, so unknown members survive.
public protocol Schema: FieldValue, Sendable where Reading == View<Self> {
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
    public static func setDefaults(_ object: inout View<Self>) {}
    public static func validate(_ object: View<Self>, _ path: Path, _ problems: inout Problems) {}
    public static func validateUpdate(_ object: View<Self>, from old: View<Self>, _ path: Path, _ problems: inout Problems) {}

    public static var schema: TypeSchema { .object(SchemaReference { definition.schema }) }
    public static func read(_ json: JSON?) -> View<Self> { View(json ?? .object([:])) }
    public static func write(_ reading: View<Self>) -> JSON? { reading.json }
}

/// The one instance of a declaration: its fields by Swift name, and the same as a schema without Swift types. Lives as long as the process.
public final class Definition<S: Schema>: Sendable {
    /// The fields in a place that stays: reading one of them there copies none of the others, of which a PodSpec has forty.
    public nonisolated(unsafe) let fields: UnsafePointer<S>
    public let schema: ObjectSchema

    /// - Parameters:
    ///   - name: the OpenAPI name; `io.k8s.api.` goes without saying.
    ///   - isAtomic: server-side apply owns objects of the type as a whole, wherever they stand.
    public init(_ fields: S, _ name: String, _ doc: String, isAtomic: Bool = false) {
        let place: UnsafeMutablePointer<S> = .allocate(capacity: 1)
        place.initialize(to: fields)
        self.fields = UnsafePointer(place)
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
public final class ObjectSchema: Sendable {
    /// The rules that a declaration writes as functions.
    public struct Rules: Sendable {
        public let setDefaults: @Sendable (inout JSON) -> Void
        public let validate: @Sendable (JSON, Path, inout Problems) -> Void
        public let validateUpdate: @Sendable (JSON, JSON, Path, inout Problems) -> Void

        public static let none = Rules(setDefaults: { _ in }, validate: { _, _, _ in }, validateUpdate: { _, _, _, _ in })

        public init(
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
    public let name: String
    /// `ReplicaSetSpec`
    public let shortName: String
    public let doc: String
    /// In the order of declaration.
    public let fields: [FieldSchema]
    public let rules: Rules
    /// True when members that no field declares are kept.
    public let keepsUnknown: Bool
    /// True when server-side apply owns objects of the type as a whole.
    public let isAtomic: Bool
    /// Fields that Go writes with their zero value where they are absent, and these values.
    let zeroes: [(name: String, value: JSON)]
    /// Structs by value in Go: written even when they are empty.
    let alwaysObjects: [FieldSchema]
    /// Places of the fields that have a default, or objects below them that may have some.
    let defaulting: [Int]
    /// Places of the fields that are required, have rules, or have objects below them.
    let checked: [(place: Int, isRequired: Bool)]
    /// Fields that updates may not change, and objects below which there may be some.
    let guarded: [FieldSchema]
    private let names: FieldNames
    private let plan = OnceReference<ProtobufPlan>()
    private let trusted = OnceReference<TrustedObjects>()
    /// What whoever works with the schema derives from it once and keeps here.
    public let derived = OnceReference<SchemaDerivative>()

    public init(
        name: String, doc: String, fields: [FieldSchema], rules: Rules = .none, keepsUnknown: Bool = false, isAtomic: Bool = false
    ) {
        self.name = name
        self.doc = doc
        self.fields = fields
        self.rules = rules
        self.keepsUnknown = keepsUnknown
        self.isAtomic = isAtomic
        zeroes = fields.compactMap { field in field.writtenZero.map { (field.name, $0) } }
        alwaysObjects = fields.filter(\.isAlwaysObject)
        defaulting = fields.indices.filter { fields[$0].defaultValue != nil || fields[$0].hasObjects }
        checked = fields.enumerated().compactMap { place, field in
            field.isRequired || !field.rules.isEmpty || field.hasObjects ? (place, field.isRequired) : nil
        }
        guarded = fields.filter { field in
            if case .object = field.type { true } else { field.isImmutable }
        }
        names = FieldNames(fields.map(\.name))
        shortName = name.split(separator: ".").last.map(String.init) ?? name
    }

    /// How objects of the type are written in protobuf; made when first asked for.
    var protobufPlan: ProtobufPlan { plan.load() ?? plan.storeIfNil(ProtobufPlan(fields)) }

    /// Remembers objects that many others are made of, if nothing is missing in them nor wrong: where one of these very values stands, which
    /// an equal one is not, it is neither completed nor validated again. Called once.
    package func trust(_ constants: [JSON]) {
        _ = trusted.storeIfNil(
            TrustedObjects(
                constants.compactMap { constant in
                    var problems = Problems()
                    validate(constant, .root, &problems)
                    return problems.isEmpty && completed(constant) == nil ? constant.object : nil
                }))
    }

    func trusts(_ object: JSONObject) -> Bool { trusted.load()?.objects.contains { $0.isSameStorage(as: object) } ?? false }

    public func index(of field: String) -> Int? { names.index(of: field) }

    public subscript(field: String) -> FieldSchema? { names.index(of: field).map { fields[$0] } }

    /// Calls `body` with the place that each field has in an object, -1 for those that it has not: whoever looks for many fields looks
    /// each member up once, instead of searching all members for each field.
    @inline(__always)
    package func withPlaces(of object: JSONObject, _ body: (UnsafeMutableBufferPointer<Int>) -> Void) {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: fields.count) { places in
            places.initialize(repeating: -1)
            for place in object.members.indices {
                if let field: Int = names.index(of: object.members[place].key) { places[field] = place }
            }
            body(places)
        }
    }

    /// The same for whoever looks for `wanted` fields: few of them are found sooner by searching a small object.
    @inline(__always)
    func withPlaces(of object: JSONObject, wanted: Int, _ body: ((Int) -> Int) -> Void) {
        if wanted * object.count <= 8 { return body { object.index(of: fields[$0].name) ?? -1 } }
        withPlaces(of: object) { places in body { places[$0] } }
    }

    /// `v1.ReplicaSetSpec`, as Go's errors name it.
    public var goName: String { name.split(separator: ".").suffix(2).joined(separator: ".") }
}

/// See ``ObjectSchema/trust(_:)``.
private final class TrustedObjects: Sendable {
    let objects: [JSONObject]
    init(_ objects: [JSONObject]) { self.objects = objects }
}

/// What somebody derives from a schema once and keeps at it; see ``ObjectSchema/derived``. Immutable.
open class SchemaDerivative: @unchecked Sendable {
    public init() {}
}
