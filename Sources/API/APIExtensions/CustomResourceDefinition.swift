package import Machinery

/// A kind that the cluster's users define: its names, its versions and what its objects look like.
package struct CustomResourceDefinition: Kind {
    package static let definition = Definition(
        CustomResourceDefinition(), typeName("CustomResourceDefinition"),
        "A kind of objects that users define: names, versions and schema. The server serves it as if it were built in.")
    package static let names = KindNames(
        "CustomResourceDefinition", group: "apiextensions.k8s.io", plural: "customresourcedefinitions", short: ["crd", "crds"],
        categories: ["api-extensions"], isNamespaced: false, subresources: [.status("CustomResourceDefinition", metadata: .kept)],
        tracksGeneration: true,
        returnsDeleted: true)

    package let metadata = Field<ObjectMeta>(
        "metadata", 1, "Name, labels and the like. The name is spec.names.plural, a dot and spec.group.")
    package let spec = Field<CustomResourceDefinitionSpec>("spec", 2, "How the resource is to appear.", .always)
    package let status = Field<CustomResourceDefinitionStatus>("status", 3, "How the resource does appear.")

    package static let columns: [Column<CustomResourceDefinition>] = [
        .name,
        Column("Created At", .date, "When the definition was created.") { definition, _ in
            definition.metadata.creationTimestamp?.json ?? "<unknown>"
        },
    ]

    /// Keeps a deleted definition until its objects are gone.
    package static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

    /// The OpenAPI name of a type of this group.
    static func typeName(_ name: String) -> String { "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1." + name }

    package static func prepareForCreate(_ object: inout View<CustomResourceDefinition>) {
        object.json["status"] = nil
        noteStorageVersion(&object)
    }

    package static func prepareForUpdate(_ object: inout View<CustomResourceDefinition>, from old: View<CustomResourceDefinition>) {
        noteStorageVersion(&object)
    }

    /// Objects may stand in the store in each version that was ever the storage version, until somebody has migrated them.
    private static func noteStorageVersion(_ object: inout View<CustomResourceDefinition>) {
        guard let storage = object.spec.versions.first(where: \.storage)?.name, !object.status.storedVersions.contains(storage) else {
            return
        }
        object.status.storedVersions.append(storage)
    }

    package static func prepareForDeletion(_ object: inout View<CustomResourceDefinition>) {
        if !object.metadata.finalizers.contains(finalizer) { object.metadata.finalizers.append(finalizer) }
        object.setCondition(
            "Terminating", true, "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            at: object.metadata.deletionTimestamp ?? .epoch)
    }

    package static func validate(_ object: View<CustomResourceDefinition>, _ path: Path, _ problems: inout Problems) {
        CustomResourceDefinitionRules.validate(object, &problems)
    }

    package static func validateUpdate(
        _ object: View<CustomResourceDefinition>, from old: View<CustomResourceDefinition>, _ path: Path, _ problems: inout Problems
    ) {
        CustomResourceDefinitionRules.validateUpdate(object, from: old, &problems)
    }
}

extension View<CustomResourceDefinition> {
    package func condition(_ type: String) -> View<CustomResourceDefinitionCondition>? {
        self.status.conditions.first { $0.type == type }
    }

    package func isTrue(_ type: String) -> Bool { condition(type)?.status == "True" }

    /// Sets a condition; its time changes with its status only.
    package mutating func setCondition(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String, at now: Time) {
        var conditions: [View<CustomResourceDefinitionCondition>] = self.status.conditions
        let index: Int = conditions.firstIndex { $0.type == type } ?? conditions.count
        let status: String = isTrue ? "True" : "False"
        let since: Time? = index < conditions.count && conditions[index].status == status ? conditions[index].lastTransitionTime : now
        let condition = View<CustomResourceDefinitionCondition> {
            $0.type = type
            $0.status = status
            $0.lastTransitionTime = since
            $0.reason = reason
            $0.message = message
        }
        if index < conditions.count { conditions[index] = condition } else { conditions.append(condition) }
        self.status.conditions = conditions
    }
}

/// How a custom resource is to appear.
package struct CustomResourceDefinitionSpec: Schema {
    package static let definition = Definition(
        CustomResourceDefinitionSpec(), CustomResourceDefinition.typeName("CustomResourceDefinitionSpec"),
        "How a custom resource is to appear.")

    package let group = Field<String>("group", 1, "Group of the resource, such as stable.example.com. Never changes.", .always)
    package let names = Field<CustomResourceDefinitionNames>("names", 3, "What the resource and its kind are called.", .always)
    package let scope = Field<String>("scope", 4, "Namespaced, or Cluster for objects without namespace. Never changes.", .always)
    package let versions = Field<[CustomResourceDefinitionVersion]>(
        "versions", 7, "The versions, of which exactly one is stored.", .always, .atomic)
    package let conversion = Field<CustomResourceConversion?>("conversion", 9, "How one version of an object becomes another.")
    package let preserveUnknownFields = Field<Bool>(
        "preserveUnknownFields", 10, "Of former days: true kept all unknown members. Give x-kubernetes-preserve-unknown-fields instead.")

    package static func setDefaults(_ spec: inout View<CustomResourceDefinitionSpec>) {
        if spec.names.singular.isEmpty, !spec.names.kind.isEmpty { spec.names.singular = spec.names.kind.lowercased() }
        if spec.names.listKind.isEmpty, !spec.names.kind.isEmpty { spec.names.listKind = spec.names.kind + "List" }
        if spec.conversion == nil { spec.conversion = View<CustomResourceConversion> { $0.strategy = "None" } }
    }
}

/// What a custom resource and its kind are called.
package struct CustomResourceDefinitionNames: Schema {
    package static let definition = Definition(
        CustomResourceDefinitionNames(), CustomResourceDefinition.typeName("CustomResourceDefinitionNames"),
        "What a custom resource and its kind are called.")

    package let plural = Field<String>("plural", 1, "Plural in small letters, as in paths: /apis/GROUP/VERSION/.../PLURAL.", .always)
    package let singular = Field<String>("singular", 2, "Singular in small letters; the kind in small letters if absent.")
    package let shortNames = Field<[String]>("shortNames", 3, "Short names for the command line, in small letters.", .atomic)
    package let kind = Field<String>("kind", 4, "The kind in CamelCase, singular, as objects name it.", .always)
    package let listKind = Field<String>("listKind", 5, "Kind of lists; the kind with List behind it if absent.")
    package let categories = Field<[String]>("categories", 6, "Groups of resources that the resource belongs to, such as all.", .atomic)
}

/// One version of a custom resource.
package struct CustomResourceDefinitionVersion: Schema {
    package static let definition = Definition(
        CustomResourceDefinitionVersion(), CustomResourceDefinition.typeName("CustomResourceDefinitionVersion"),
        "One version of a custom resource.")

    package let name = Field<String>("name", 1, "Name of the version, such as v1 or v2beta1.", .always)
    package let served = Field<Bool>("served", 2, "Whether clients can use the version.", .always)
    package let storage = Field<Bool>("storage", 3, "Whether objects are stored in this version; true for exactly one.", .always)
    package let schema = Field<CustomResourceValidation?>("schema", 4, "What objects of the version look like.")
    package let subresources = Field<CustomResourceSubresources?>("subresources", 5, "Parts of objects with paths of their own.")
    package let additionalPrinterColumns = Field<[CustomResourceColumnDefinition]>(
        "additionalPrinterColumns", 6, "Columns that get shows after the name; the age alone if absent.", .atomic)
    package let deprecated = Field<Bool>("deprecated", 7, "True warns clients that use the version.")
    package let deprecationWarning = Field<String?>("deprecationWarning", 8, "The words of that warning.")
    package let selectableFields = Field<[CustomResourceSelectableField]>(
        "selectableFields", 9, "Fields that field selectors may name, 8 at most.", .atomic)
}

/// The schema of a version.
package struct CustomResourceValidation: Schema {
    package static let definition = Definition(
        CustomResourceValidation(), CustomResourceDefinition.typeName("CustomResourceValidation"), "The schema of a version.")

    package let openAPIV3Schema = Field<JSONSchemaProps?>("openAPIV3Schema", 1, "The schema, in the words of OpenAPI version 3.")
}

/// Parts of a custom resource with paths of their own.
package struct CustomResourceSubresources: Schema {
    package static let definition = Definition(
        CustomResourceSubresources(), CustomResourceDefinition.typeName("CustomResourceSubresources"),
        "Parts of a custom resource with paths of their own.")

    package let status = Field<CustomResourceSubresourceStatus?>(
        "status", 1, "Present, even empty, where the member status is written through its own path only.")
    package let scale = Field<CustomResourceSubresourceScale?>("scale", 2, "Where the numbers of replicas stand.")
}

/// Says by being there that status has a path of its own.
package struct CustomResourceSubresourceStatus: Schema {
    package static let definition = Definition(
        CustomResourceSubresourceStatus(), CustomResourceDefinition.typeName("CustomResourceSubresourceStatus"),
        "Says by being there that status has a path of its own.")
}

/// Where in an object the numbers of the scale subresource stand.
package struct CustomResourceSubresourceScale: Schema {
    package static let definition = Definition(
        CustomResourceSubresourceScale(), CustomResourceDefinition.typeName("CustomResourceSubresourceScale"),
        "Where in an object the numbers of the scale subresource stand.")

    package let specReplicasPath = Field<String>("specReplicasPath", 1, "Path of the wanted number, under .spec.", .always)
    package let statusReplicasPath = Field<String>("statusReplicasPath", 2, "Path of the seen number, under .status.", .always)
    package let labelSelectorPath = Field<String?>(
        "labelSelectorPath", 3, "Path of the selector as text, under .spec or .status; a HorizontalPodAutoscaler needs it.")
}

/// A column that get shows for a custom resource.
package struct CustomResourceColumnDefinition: Schema {
    package static let definition = Definition(
        CustomResourceColumnDefinition(), CustomResourceDefinition.typeName("CustomResourceColumnDefinition"),
        "A column that get shows for a custom resource.")

    package let name = Field<String>("name", 1, "Head of the column.", .always)
    package let type = Field<String>("type", 2, "integer, number, string, boolean or date; a date is shown as an age.", .always)
    package let format = Field<String>("format", 3, "Format of the type, such as int32; name marks the object's name.")
    package let description = Field<String>("description", 4, "What the column says.")
    package let priority = Field<Int32>("priority", 5, "0 is always shown, more with -o wide only.")
    package let jsonPath = Field<String>("jsonPath", 6, "Where in the object the cell stands, such as .spec.replicas.", .always)
}

/// A field of a custom resource that field selectors may name.
package struct CustomResourceSelectableField: Schema {
    package static let definition = Definition(
        CustomResourceSelectableField(), CustomResourceDefinition.typeName("SelectableField"),
        "A field of a custom resource that field selectors may name.")

    package let jsonPath = Field<String>("jsonPath", 1, "Path of the field, such as .spec.color; a text, a number or a flag.", .always)
}

/// How a custom resource does appear.
package struct CustomResourceDefinitionStatus: Schema {
    package static let definition = Definition(
        CustomResourceDefinitionStatus(), CustomResourceDefinition.typeName("CustomResourceDefinitionStatus"),
        "How a custom resource does appear.")

    package let conditions = Field<[CustomResourceDefinitionCondition]>(
        "conditions", 1, "Established once the resource is served; NamesAccepted when no other definition has the names.",
        .listMap(keys: ["type"]))
    package let acceptedNames = Field<CustomResourceDefinitionNames>(
        "acceptedNames", 2, "The names that the resource has; they differ from the wanted ones while those are taken.")
    package let storedVersions = Field<[String]>(
        "storedVersions", 3, "Versions in which objects may stand in the store. One may be taken out once none does.", .atomic)
    package let observedGeneration = Field<Int64>("observedGeneration", 4, "Generation of the definition that was acted on.")
}

/// One aspect of a custom resource's state.
package struct CustomResourceDefinitionCondition: Schema {
    package static let definition = Definition(
        CustomResourceDefinitionCondition(), CustomResourceDefinition.typeName("CustomResourceDefinitionCondition"),
        "One aspect of a custom resource's state.")

    package let type = Field<String>("type", 1, "Name of the condition.", .always)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .always)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 3, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")
    package let observedGeneration = Field<Int64>("observedGeneration", 6, "Generation of the definition that the condition was seen on.")
}
