package import Machinery

/// The part that every object has: what it is called, who owns it, when it came and went.
package struct ObjectMeta: Schema {
    package static let definition = Definition(
        ObjectMeta(), "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "Name, labels, owners and the history of an object.")

    package let name = Field<String>("name", 1, "Name, unique among the objects of the kind in the namespace. Never changes.")
    package let generateName = Field<String>(
        "generateName", 2, "Prefix of a name that the server completes with five characters of its own, where no name is given.")
    package let namespace = Field<String>("namespace", 3, "Namespace that the object lives in; empty for kinds of the whole cluster.")
    package let selfLink = Field<String>("selfLink", 4, "A link of former days. The server leaves it empty.")
    package let uid = Field<String>(
        "uid", 5, "Identity in time and space: a later object of the same name has another. The server sets it.")
    package let resourceVersion = Field<String>(
        "resourceVersion", 6, "Revision of the last change, to be compared for equality only. An update that names an old one is refused.")
    package let generation = Field<Int64>("generation", 7, "Rises by one with each change of the wanted state. The server sets it.")
    package let creationTimestamp = Field<Time?>(
        "creationTimestamp", 8, "CreationTimestamp is a timestamp of the server: when it stored the object first.")
    package let deletionTimestamp = Field<Time?>(
        "deletionTimestamp", 9, "When the object is to be gone. Set when deletion is asked for and finalizers or a grace period remain.")
    package let deletionGracePeriodSeconds = Field<Int64?>(
        "deletionGracePeriodSeconds", 10, "Seconds that the object gets to end by itself; set together with deletionTimestamp.")
    package let labels = Field<[String: String]>("labels", 11, "Short facts by which selectors find the object.")
    package let annotations = Field<[String: String]>(
        "annotations", 12, "Facts for tools and people, 256 KiB at most; selectors don't see them.")
    package let ownerReferences = Field<[OwnerReference]>(
        "ownerReferences", 13, "Objects that this one depends on. It is collected when all of them are gone.", .merge(key: "uid"))
    package let finalizers = Field<[String]>(
        "finalizers", 14, "Who has to do something before the object may go; it stays until the list is empty.", .mergeSet)
    package let managedFields = Field<[ManagedFieldsEntry]>(
        "managedFields", 17, "Which manager set which fields, for server-side apply.", .atomic)
}

/// The head of a list: the revision that it shows, and how to go on reading.
package struct ListMeta: Schema {
    package static let definition = Definition(
        ListMeta(), "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", "Revision of a list and where its next page begins.")

    package let selfLink = Field<String>("selfLink", 1, "A link of former days. The server leaves it empty.")
    package let resourceVersion = Field<String>("resourceVersion", 2, "Revision that the list shows; a watch can start from it.")
    package let `continue` = Field<String>("continue", 3, "Token for the next page; empty on the last.")
    package let remainingItemCount = Field<Int64?>("remainingItemCount", 4, "Number of objects on later pages, where it is known.")
    package let shardInfo = Field<ShardInfo?>("shardInfo", 5, "Which share of the objects the list holds; absent for all of them.")
}

/// A share of the objects of a list. This server hands out whole lists.
package struct ShardInfo: Schema {
    package static let definition = Definition(
        ShardInfo(), "io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo", "A share of the objects of a list.")

    package let selector = Field<String>("selector", 1, "The selector that was asked for.", .always)
}

/// A dependency on an object that lives in the same namespace or in none.
package struct OwnerReference: Schema {
    package static let definition = Definition(
        OwnerReference(), "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference", "An object that this one depends on.", isAtomic: true)

    package let kind = Field<String>("kind", 1, "Kind of the owner.", .always)
    package let name = Field<String>("name", 3, "Name of the owner.", .always)
    package let uid = Field<String>("uid", 4, "UID of the owner: an object of the same name that came later is no owner.", .always)
    package let apiVersion = Field<String>("apiVersion", 5, "Group and version of the owner's kind.", .always)
    package let controller = Field<Bool?>("controller", 6, "True for the one owner that manages the object.")
    package let blockOwnerDeletion = Field<Bool?>(
        "blockOwnerDeletion", 7, "True when a foreground deletion of the owner has to wait for this object.")
}

/// The fields that one manager set with one operation.
package struct ManagedFieldsEntry: Schema {
    package static let definition = Definition(
        ManagedFieldsEntry(), "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry", "Fields that one manager has set.")

    package let manager = Field<String>("manager", 1, "Who set the fields, such as kubectl.")
    package let operation = Field<String>("operation", 2, "Apply or Update.")
    package let apiVersion = Field<String>("apiVersion", 3, "Version of the object that fieldsV1 speaks of.")
    package let time = Field<Time?>("time", 4, "When the manager changed the set last.")
    package let fieldsType = Field<String>("fieldsType", 6, "Form of the set; FieldsV1 is the only one.")
    package let fieldsV1 = Field<JSON>("fieldsV1", 7, "The set of fields, as a tree of paths.")
    package let subresource = Field<String>("subresource", 8, "Subresource that the manager wrote through; empty for the object itself.")
}
