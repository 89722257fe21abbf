package import Machinery

/// Names an object, of any kind and in any namespace.
package struct ObjectReference: Schema {
    package static let definition = Definition(
        ObjectReference(), "core.v1.ObjectReference", "Names an object, of any kind and in any namespace.", isAtomic: true)

    package let kind = Field<String>("kind", 1, "Kind of the object.")
    package let namespace = Field<String>("namespace", 2, "Its namespace; empty for kinds without one.")
    package let name = Field<String>("name", 3, "Its name.")
    package let uid = Field<String>("uid", 4, "Its unique identifier.")
    package let apiVersion = Field<String>("apiVersion", 5, "Version and group of the API.")
    package let resourceVersion = Field<String>("resourceVersion", 6, "Revision of the object that is meant.")
    package let fieldPath = Field<String>("fieldPath", 7, "A part of the object, such as spec.containers{web}.")
}

/// Names an object in the same namespace; the kind follows from the field.
package struct LocalObjectReference: Schema {
    package static let definition = Definition(
        LocalObjectReference(), "core.v1.LocalObjectReference", "Names an object in the same namespace; the kind follows from the field.",
        isAtomic: true)

    package let name = Field<String>("name", 1, "Name of the object.", default: "")
}

/// Names an object of a given kind in the same namespace.
package struct TypedLocalObjectReference: Schema {
    package static let definition = Definition(
        TypedLocalObjectReference(), "core.v1.TypedLocalObjectReference", "Names an object of a given kind in the same namespace.",
        isAtomic: true)

    package let apiGroup = Field<String?>("apiGroup", 1, "Group of the kind; absent or empty for the core group.")
    package let kind = Field<String>("kind", 2, "Kind of the object.", .required)
    package let name = Field<String>("name", 3, "Its name.", .required)
}

/// Names an object of a given kind, in another namespace if so granted.
package struct TypedObjectReference: Schema {
    package static let definition = Definition(
        TypedObjectReference(), "core.v1.TypedObjectReference", "Names an object of a given kind, in another namespace if so granted.")

    package let apiGroup = Field<String?>("apiGroup", 1, "Group of the kind; absent or empty for the core group.")
    package let kind = Field<String>("kind", 2, "Kind of the object.", .required)
    package let name = Field<String>("name", 3, "Its name.", .required)
    package let namespace = Field<String?>("namespace", 4, "Its namespace; the referring object's when absent.")
}
