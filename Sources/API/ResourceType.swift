package import Machinery

/// A kind without its Swift type: what the API server, discovery and the printers work with. Custom resources make theirs at run time.
package final class ResourceType: Sendable {
    package let names: KindNames
    /// Of the whole object, without `apiVersion` and `kind`.
    package let schema: ObjectSchema
    package let columns: [ColumnDefinition]
    /// One cell for each column; the time is now.
    package let cells: @Sendable (JSON, Time) -> [JSON]
    package let selectableFields: [SelectableField]
    package let prepareForCreate: @Sendable (inout JSON) -> Void
    /// The new object and the stored one.
    package let prepareForUpdate: @Sendable (inout JSON, JSON) -> Void
    package let warnings: @Sendable (JSON) -> [String]
    /// Seconds that a deleted object stays; the second argument is what the client asked for.
    package let gracePeriod: @Sendable (JSON, Int?) -> Int
    package let prepareForDeletion: @Sendable (inout JSON) -> Void
    package let holdsDeletion: @Sendable (JSON) -> Bool
    package let storedForm: StoredForm?

    package init<K: Kind>(_ kind: K.Type) {
        let columns: [Column<K>] = K.columns
        names = K.names
        schema = K.definition.schema
        self.columns = columns.map(\.definition)
        cells = { json, now in
            let view = View<K>(json)
            return columns.map { $0.cell(view, now) }
        }
        selectableFields = ["metadata.name"] + (K.names.isNamespaced ? ["metadata.namespace"] : []) + K.selectableFields
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
        warnings = { K.warnings(View<K>($0)) }
        gracePeriod = { K.gracePeriod(View<K>($0), requested: $1) }
        prepareForDeletion = { json in
            var view = View<K>(json)
            json = .null
            K.prepareForDeletion(&view)
            json = view.json
        }
        holdsDeletion = { K.holdsDeletion(View<K>($0)) }
        storedForm = K.storedForm
    }
}
