package import Machinery

/// The way between the form in which objects of a type are stored and the version in which they are served.
package struct ObjectConversion: Sendable {
    /// Of the kind that is stored.
    package let names: KindNames
    /// Whole objects, with apiVersion and kind. Throws ``APIStatus`` when a webhook does not answer as it should.
    package let toStored: @Sendable (JSON) throws(APIStatus) -> JSON
    /// Objects as they stand in the store, in any version that was ever stored; each comes back at its place in the served version.
    package let toServed: @Sendable ([JSON]) throws(APIStatus) -> [JSON]
    /// Objects written by a later revision are served as they are stored, if they are stored in the served version; nil: none is.
    package let definedAt: UInt64?
    /// Whether a conversion may wait for somebody outside: only threads that may block can ask for one.
    package let blocks: Bool

    package init(
        _ names: KindNames, definedAt: UInt64?, blocks: Bool = false, toStored: @escaping @Sendable (JSON) throws(APIStatus) -> JSON,
        toServed: @escaping @Sendable ([JSON]) throws(APIStatus) -> [JSON]
    ) {
        self.names = names
        self.definedAt = definedAt
        self.blocks = blocks
        self.toStored = toStored
        self.toServed = toServed
    }

    /// Of a kind that declares another one as its stored form.
    package init(_ form: StoredForm) {
        self.init(
            form.names, definedAt: nil, toStored: { object throws(APIStatus) in form.toStored(object) },
            toServed: { objects throws(APIStatus) in objects.map(form.fromStored) })
    }
}
