package import Machinery

/// A kind without its Swift type: what the API server, discovery and the printers work with. Custom resources make theirs at run time.
package final class ResourceType: Sendable {
    package let names: KindNames
    /// The shape of the whole object, without `apiVersion` and `kind`: what patches, apply and OpenAPI go by.
    package let schema: ObjectSchema
    package let columns: [ColumnDefinition]
    /// One cell for each column; the time is now.
    package let cells: @Sendable (JSON, Time) -> [JSON]
    /// What cells can be made without.
    package let unshown: JSONOmissions
    package let selectableFields: [SelectableField]
    /// What is read, completed and checked, and how.
    package let rules: ObjectRules
    package let prepareForCreate: @Sendable (inout JSON) -> Void
    /// The new object and the stored one.
    package let prepareForUpdate: @Sendable (inout JSON, JSON) -> Void
    /// Why clients are warned on each use of this version; nil for versions in good standing.
    package let deprecation: String?
    /// Of an object and what it was before; nil for a new one.
    package let warnings: @Sendable (JSON, JSON?) -> [String]
    /// Seconds that a deleted object stays; the second argument is what the client asked for.
    package let gracePeriod: @Sendable (JSON, Int?) -> Int
    package let prepareForDeletion: @Sendable (inout JSON) -> Void
    package let holdsDeletion: @Sendable (JSON) -> Bool
    /// nil for types whose objects are stored as they are served, always.
    package let conversion: ObjectConversion?
    /// Of a custom resource: what its definition says beside the above.
    package let custom: CustomTraits?

    package init<K: Kind>(_ kind: K.Type) {
        let columns: [Column<K>] = K.columns
        names = K.names
        schema = K.definition.schema
        self.columns = columns.map(\.definition)
        let readers: [@Sendable (JSON, Time) -> JSON] = columns.map(\.reader)
        cells = { json, now in readers.map { $0(json, now) } }
        unshown = K.unshown
        selectableFields = ["metadata.name"] + (K.names.isNamespaced ? ["metadata.namespace"] : []) + K.selectableFields
        rules = ObjectRules(K.definition.schema) { K.validateCreate(View<K>($0), &$1) }
        prepareForCreate = { json in
            var view = View<K>(json)
            json = .null  // the view holds the only reference, so that it changes in place
            K.prepareForCreate(&view)
            json = view.json
        }
        prepareForUpdate = { json, old in
            var view = View<K>(json)
            json = .null
            K.prepareForUpdate(&view, from: View<K>(old))
            json = view.json
        }
        deprecation = K.deprecation
        warnings = { K.warnings(View<K>($0), from: $1.map { View<K>($0) }) }
        gracePeriod = { K.gracePeriod(View<K>($0), requested: $1) }
        prepareForDeletion = { json in
            var view = View<K>(json)
            json = .null
            K.prepareForDeletion(&view)
            json = view.json
        }
        holdsDeletion = { K.holdsDeletion(View<K>($0)) }
        conversion = K.storedForm.map { ObjectConversion($0) }
        custom = nil
    }

    /// One version of a custom resource: it has no rules but those of its schema, and is deleted at once.
    package init(
        _ names: KindNames, schema: ObjectSchema, columns: [ColumnDefinition], cells: @escaping @Sendable (JSON, Time) -> [JSON],
        selectableFields: [SelectableField], rules: ObjectRules, conversion: ObjectConversion?, deprecation: String?, custom: CustomTraits
    ) {
        self.names = names
        self.schema = schema
        self.columns = columns
        self.cells = cells
        unshown = []
        self.selectableFields = selectableFields
        self.rules = rules
        self.conversion = conversion
        self.deprecation = deprecation
        self.custom = custom
        prepareForCreate = { _ in }
        prepareForUpdate = { _, _ in }
        warnings = { _, _ in [] }
        gracePeriod = { _, _ in 0 }
        prepareForDeletion = { _ in }
        holdsDeletion = { _ in false }
    }

    /// The kind under whose name and in whose version the objects are stored.
    package var storedNames: KindNames { conversion?.names ?? names }
}

/// What only a custom resource has.
package struct CustomTraits: Sendable {
    /// Its schema in OpenAPI version 3, descriptions and all.
    package let openAPI: JSON
    /// True while the definition waits for its objects to go: no new ones may be made.
    package let isTerminating: Bool

    package init(openAPI: JSON, isTerminating: Bool) {
        self.openAPI = openAPI
        self.isTerminating = isTerminating
    }
}
