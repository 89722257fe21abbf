import API
import Machinery
import Store

/// The types that a definition stands for, one for each version that is served.
///
/// Source: `getOrCreateServingInfoFor` of k8s.io/apiextensions-apiserver/pkg/apiserver.
enum CustomResourceTypes {
    /// - Parameters:
    ///   - definedAt: objects written after this revision were written by these very types.
    ///   - converter: brings objects from one version to another.
    static func types(
        _ definition: View<CustomResourceDefinition>, definedAt: Revision, converter: any CustomResourceConverter
    ) -> [ResourceType] {
        let spec: View<CustomResourceDefinitionSpec> = definition.spec
        let versions: [Version] = spec.versions.map { Version(definition, $0) }
        guard let storage: Version = versions.first(where: \.isStorage) else { return [] }
        let schemas = [String: StructuralSchema](uniqueKeysWithValues: versions.map { ($0.names.apiVersion, $0.schema) })
        return zip(versions, spec.versions).filter { $1.served }.map { version, declared in
            let names: KindNames = version.names
            let conversion = ObjectConversion(
                storage.names, definedAt: definedAt, blocks: converter.blocks,
                toStored: { object throws(APIStatus) in
                    try converter.convert([object], to: storage.names.apiVersion).first ?? object
                },
                toServed: { stored throws(APIStatus) in
                    try converter.convert(stored.map { completed($0, schemas) }, to: names.apiVersion)
                })
            let columns = CustomColumns(declared.additionalPrinterColumns)
            return ResourceType(
                names, schema: version.schema.objectSchema(Self.openAPIName(names)), columns: columns.definitions, cells: columns.cells,
                selectableFields: ["metadata.name"] + (names.isNamespaced ? ["metadata.namespace"] : [])
                    + declared.selectableFields.map { SelectableField(String($0.jsonPath.dropFirst())) },
                rules: ObjectRules(version.schema, scale: version.scale), conversion: conversion,
                deprecation: deprecation(declared, definition),
                custom: CustomTraits(openAPI: version.schema.json, isTerminating: definition.isTerminating))
        }
    }

    private struct Version {
        let names: KindNames
        let schema: StructuralSchema
        let isStorage: Bool
        let scale: ScalePaths?

        init(_ definition: View<CustomResourceDefinition>, _ version: View<CustomResourceDefinitionVersion>) {
            let accepted: View<CustomResourceDefinitionNames> = definition.status.acceptedNames
            schema = StructuralSchema(version.json[["schema", "openAPIV3Schema"]] ?? [:])
            isStorage = version.storage
            var subresources: [Subresource] = []
            if version.subresources?.status != nil { subresources.append(.status(accepted.kind, metadata: .kept)) }
            var scale: ScalePaths?
            if let paths = version.subresources?.scale {
                func steps(_ path: String) -> [String] { path.split(separator: ".").map(String.init) }
                let found = ScalePaths(
                    replicas: steps(paths.specReplicasPath), statusReplicas: steps(paths.statusReplicasPath),
                    selector: paths.labelSelectorPath.flatMap { $0.isEmpty ? nil : steps($0) })
                scale = found
                subresources.append(
                    Subresource("scale", kind: "Scale", apiVersion: "autoscaling/v1", verbs: [.get, .patch, .update], scale: found))
            }
            self.scale = scale
            names = KindNames(
                accepted.kind, group: definition.spec.group, version: version.name, plural: accepted.plural, singular: accepted.singular,
                listKind: accepted.listKind, short: accepted.shortNames, categories: accepted.categories,
                isNamespaced: definition.spec.scope == "Namespaced",
                verbs: [.delete, .deletecollection, .get, .list, .patch, .create, .update, .watch], subresources: subresources,
                tracksGeneration: true)
        }
    }

    /// As an object is read from the store: by the schema of its own version, as it is now.
    private static func completed(_ stored: JSON, _ schemas: [String: StructuralSchema]) -> JSON {
        guard let schema = schemas[stored["apiVersion"]?.string ?? ""] else { return stored }
        var object: JSON = stored
        var dropped: [String] = []
        schema.pruneRoot(&object, &dropped)
        schema.applyDefaults(&object)
        return object
    }

    /// `com.example.stable.v1.CronTab`
    private static func openAPIName(_ names: KindNames) -> String {
        (names.group.split(separator: ".").reversed().map(String.init) + [names.version, names.kind]).joined(separator: ".")
    }

    /// Source: `defaultDeprecationWarning` of k8s.io/apiextensions-apiserver/pkg/apiserver.
    private static func deprecation(
        _ version: View<CustomResourceDefinitionVersion>, _ definition: View<CustomResourceDefinition>
    ) -> String? {
        guard version.deprecated else { return nil }
        if let words = version.deprecationWarning { return words }
        let spec: View<CustomResourceDefinitionSpec> = definition.spec
        func name(_ version: String) -> String { "\(spec.group)/\(version) \(spec.names.kind)" }
        let better: String? = spec.versions.filter { $0.served && !$0.deprecated }.map(\.name)
            .filter { APIVersionOrder.precedes($0, version.name) }.sorted(by: APIVersionOrder.precedes).first
        return name(version.name) + " is deprecated" + (better.map { "; use " + name($0) } ?? "")
    }
}

/// Brings custom resources from one version to another.
protocol CustomResourceConverter: Sendable {
    /// Whether a conversion may wait for somebody outside.
    var blocks: Bool { get }

    /// Whole objects; each comes back at its place. Throws ``APIStatus`` (500) when it can't be done.
    func convert(_ objects: [JSON], to apiVersion: String) throws(APIStatus) -> [JSON]
}

/// The strategy `None`: the versions differ in nothing but their name.
struct RenamingConverter: CustomResourceConverter {
    let blocks = false

    func convert(_ objects: [JSON], to apiVersion: String) -> [JSON] {
        objects.map { object in
            var object: JSON = object
            object["apiVersion"] = .string(apiVersion)
            return object
        }
    }
}
