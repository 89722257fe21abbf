/// One field of a kind or of a part of it, as every part of the house sees it. Immutable.
///
/// Fields of built-in kinds are ``Field``s; custom resources make plain field schemas at run time.
public class FieldSchema: @unchecked Sendable {
    /// How strategic merge patch and server-side apply treat a list.
    public enum ListType: Sendable, Equatable {
        case atomic
        case set
        /// Elements are identified by these members.
        case map(keys: [String])
    }

    public let name: String
    /// The protobuf field number; 0 for fields without one.
    public let number: Int
    /// In our own words, for OpenAPI and `explain`.
    public let doc: String
    public let type: TypeSchema
    /// True for what Go declares as a pointer: absence and the zero value differ, and neither is written for the other.
    public let isOptional: Bool
    /// What defaulting puts where the field is absent.
    public let defaultValue: JSON?
    public let isRequired: Bool
    public let isAlwaysWritten: Bool
    /// As ``isAlwaysWritten``, and fields that OpenAPI does not list as required.
    public let isWritten: Bool
    public let isImmutable: Bool
    /// The member by which strategic merge patch merges a list of objects.
    public let mergeKey: String?
    /// True when strategic merge patch merges the list instead of replacing it.
    public let mergesList: Bool
    public let retainsKeys: Bool
    /// True when strategic merge patch replaces the object.
    public let isReplaced: Bool
    /// nil where the API declares none: server-side apply then takes a list as atomic.
    public let listType: ListType?
    public let isAtomic: Bool
    /// True for an object whose members have owners of their own although its type is atomic.
    public let isGranular: Bool
    public let rules: [Rule]
    /// True when objects with a schema of their own stand in the field, alone or in lists or maps.
    let hasObjects: Bool

    public init(name: String, number: Int, doc: String, type: TypeSchema, isOptional: Bool, default value: JSON?, traits: [Trait]) {
        var isRequired = false
        var isAlwaysWritten = false
        var isWritten = false
        var isImmutable = false
        var mergeKey: String?
        var mergesList = false
        var retainsKeys = false
        var isReplaced = false
        var listType: ListType?
        var isAtomic = false
        var isGranular = false
        var rules: [Rule] = []
        for trait in traits {
            switch trait {
            case .required: isRequired = true
            case .always: isAlwaysWritten = true
            case .written: isWritten = true
            case .immutable: isImmutable = true
            case .merge(let key):
                mergeKey = key
                mergesList = true
                listType = listType ?? .map(keys: [key])
            case .mergeSet:
                mergesList = true
                listType = .set
            case .retainKeys: retainsKeys = true
            case .replace: isReplaced = true
            case .atomic:
                isAtomic = true
                if case .list = type { listType = .atomic }
            case .granular: isGranular = true
            case .listMap(let keys): listType = .map(keys: keys)
            case .listSet: listType = .set
            case .rule(let rule): rules.append(rule)
            }
        }
        self.name = name
        self.number = number
        self.doc = doc
        self.type = type
        self.isOptional = isOptional
        self.defaultValue = value
        self.isRequired = isRequired
        self.isAlwaysWritten = isAlwaysWritten || isRequired
        self.isWritten = isWritten || self.isAlwaysWritten
        self.isImmutable = isImmutable
        self.mergeKey = mergeKey
        self.mergesList = mergesList
        self.retainsKeys = retainsKeys
        self.isReplaced = isReplaced
        self.listType = listType
        self.isAtomic = isAtomic
        self.isGranular = isGranular
        self.rules = rules
        hasObjects = type.hasObjects
    }
}

/// The declaration of one field with its Swift type: name, protobuf number, doc, default, traits.
///
///     public let replicas = Field<Int32?>("replicas", 1, "Number of wanted pods.", default: 1, .atLeast(0))
///
/// The Swift type says how absence reads: an optional type (a pointer in Go) reads nil, a plain one its default or its zero value.
public final class Field<Value: FieldValue>: FieldSchema, @unchecked Sendable {
    public init(_ name: String, _ number: Int, _ doc: String, default value: JSON? = nil, _ traits: Trait...) {
        super.init(
            name: name, number: number, doc: doc, type: Value.schema, isOptional: Value.isOptional, default: value, traits: traits)
    }

    /// The value as it is stored: nothing for the zero value of a plain field.
    @usableFromInline
    func written(_ reading: Value.Reading) -> JSON? {
        guard let json = Value.write(reading), !leavesOut(json) else { return nil }
        return json
    }
}
