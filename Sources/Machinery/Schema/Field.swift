/// One field of a kind or of a part of it, as every part of the house sees it. Immutable.
///
/// Fields of built-in kinds are ``Field``s; custom resources make plain field schemas at run time.
package class FieldSchema: @unchecked Sendable {
    /// How strategic merge patch and server-side apply treat a list.
    package enum ListType: Sendable, Equatable {
        case atomic
        case set
        /// Elements are identified by these members.
        case map(keys: [String])
    }

    package let name: String
    /// The protobuf field number; 0 for fields without one.
    package let number: Int
    /// In our own words, for OpenAPI and `explain`.
    package let doc: String
    package let type: TypeSchema
    /// True for what Go declares as a pointer: absence and the zero value differ, and neither is written for the other.
    package let isOptional: Bool
    /// What defaulting puts where the field is absent.
    package let defaultValue: JSON?
    package let isRequired: Bool
    package let isAlwaysWritten: Bool
    package let isImmutable: Bool
    /// The member by which strategic merge patch merges a list of objects.
    package let mergeKey: String?
    /// True when strategic merge patch merges the list instead of replacing it.
    package let mergesList: Bool
    package let retainsKeys: Bool
    /// True when strategic merge patch replaces the object.
    package let isReplaced: Bool
    /// nil where the API declares none: server-side apply then takes a list as atomic.
    package let listType: ListType?
    package let isAtomic: Bool
    /// True for an object whose members have owners of their own although its type is atomic.
    package let isGranular: Bool
    package let rules: [Rule]

    package init(name: String, number: Int, doc: String, type: TypeSchema, isOptional: Bool, default value: JSON?, traits: [Trait]) {
        var isRequired = false
        var isAlwaysWritten = false
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
        self.isImmutable = isImmutable
        self.mergeKey = mergeKey
        self.mergesList = mergesList
        self.retainsKeys = retainsKeys
        self.isReplaced = isReplaced
        self.listType = listType
        self.isAtomic = isAtomic
        self.isGranular = isGranular
        self.rules = rules
    }
}

/// The declaration of one field with its Swift type: name, protobuf number, doc, default, traits.
///
///     package let replicas = Field<Int32?>("replicas", 1, "Number of wanted pods.", default: 1, .atLeast(0))
///
/// The Swift type says how absence reads: an optional type (a pointer in Go) reads nil, a plain one its default or its zero value.
package final class Field<Value: FieldValue>: FieldSchema, @unchecked Sendable {
    package init(_ name: String, _ number: Int, _ doc: String, default value: JSON? = nil, _ traits: Trait...) {
        super.init(
            name: name, number: number, doc: doc, type: Value.schema, isOptional: Value.isOptional, default: value, traits: traits)
    }

    /// The value as it is stored: nothing for the zero value of a plain field.
    func written(_ reading: Value.Reading) -> JSON? {
        guard let json = Value.write(reading), !leavesOut(json) else { return nil }
        return json
    }
}
