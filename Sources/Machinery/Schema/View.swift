/// A tree seen through its declaration: `pod.spec.containers[0].image` reads, `pod.status.phase = "Running"` writes.
///
/// A value: changing a view changes no other. Reading costs a key path and a search over the members of one level.
@dynamicMemberLookup
package struct View<S: Schema>: Sendable, Hashable {
    /// The tree itself; an object.
    package var json: JSON

    /// An empty object.
    package init() { json = .object([:]) }

    package init(_ json: JSON) { self.json = json }

    /// Makes a value in one expression: `View<OwnerReference> { $0.kind = "Job"; $0.name = name }`.
    package init(_ fill: (inout View<S>) throws -> Void) rethrows {
        json = .object([:])
        try fill(&self)
    }

    package subscript<Value: FieldValue>(dynamicMember field: KeyPath<S, Field<Value>>) -> Value.Reading {
        get {
            let declared: Field<Value> = S.definition.fields[keyPath: field]
            return Value.read(json[declared.name] ?? declared.defaultValue)
        }
        set {
            let declared: Field<Value> = S.definition.fields[keyPath: field]
            json[declared.name] = declared.written(newValue)
        }
        _modify {
            let declared: Field<Value> = S.definition.fields[keyPath: field]
            let name: String = declared.name
            var reading: Value.Reading = Value.read(json[name] ?? declared.defaultValue)
            // The tree gives its reference up meanwhile: a change deep inside copies no level on its way.
            if json[name] != nil { json[name] = .null }
            defer { json[name] = declared.written(reading) }
            yield &reading
        }
    }

    /// True when the member is there, whatever its value.
    package func has<Value: FieldValue>(_ field: KeyPath<S, Field<Value>>) -> Bool {
        json[S.definition.fields[keyPath: field].name] != nil
    }

    /// Removes the member.
    package mutating func remove<Value: FieldValue>(_ field: KeyPath<S, Field<Value>>) {
        json[S.definition.fields[keyPath: field].name] = nil
    }
}
