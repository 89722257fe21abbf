import Machinery

extension ObjectRules {
    /// How the objects of one version of a custom resource are read, completed and checked.
    ///
    /// Source: the decoder and the strategy of k8s.io/apiextensions-apiserver/pkg/apiserver and pkg/registry/customresource.
    package init(_ schema: StructuralSchema, scale: ScalePaths?) {
        let rules: ValidationRules? = ValidationRules(schema.json)
        self.init(
            decode: { json, findings throws(DecodingError) in
                var object: JSON = try EmbeddedResource.typed.decode(json, findings: &findings)
                var pruned: [String] = []
                schema.pruneRoot(&object, &pruned)
                findings.unknownFields += pruned.sorted { $0.precedes($1) }
                if schema.hasEmbeddedResources { try EmbeddedResource.decode(&object, schema, .root, &findings) }
                return object
            },
            applyDefaults: { object, _ in
                // apiVersion, kind and metadata have no defaults: the definition was refused otherwise.
                schema.applyDefaults(&object)
            },
            validate: { object, old, problems in
                ObjectMeta.definition.schema.validate(object["metadata"] ?? [:], Path("metadata"), &problems)
                schema.validate(object, from: old, .root, &problems)
                if old.map({ schema.hasGoodListTypes($0) }) ?? true { schema.validateListTypes(object, .root, &problems) }
                if schema.hasEmbeddedResources { EmbeddedResource.validate(object, schema, .root, &problems) }
                if let scale { Self.validate(scale, object, &problems) }
                guard let rules else { return }
                if problems.blocksRules {
                    problems.invalid(
                        Path("<nil>"), .null,
                        "some validation rules were not checked because the object was invalid; correct the existing errors to complete "
                            + "validation")
                } else {
                    rules.validate(object, from: old, &problems)
                }
            },
            validateUpdate: { _, _, _ in })
    }

    /// Source: `ValidateScaleSpec` and `ValidateScaleStatus` of pkg/registry/customresource.
    private static func validate(_ scale: ScalePaths, _ object: JSON, _ problems: inout Problems) {
        for path in [scale.replicas, scale.statusReplicas] {
            guard let value = object[path] else { continue }
            // As upstream, these are told by the path that the definition gives, with its dot.
            let here = Path("." + path.joined(separator: "."))
            guard let count = value.int else {
                problems.invalid(here, 0, "\(here) accessor error: \(GoText.of(value)) is of the type \(value.goType), expected int64")
                continue
            }
            if count < 0 { problems.invalid(here, value, "should be a non-negative integer") }
            if count > Int64(Int32.max) { problems.invalid(here, value, "should be less than or equal to \(Int32.max)") }
        }
        if let path = scale.selector, let value = object[path], value.string == nil {
            let here = Path("." + path.joined(separator: "."))
            problems.invalid(here, "", "\(here) accessor error: \(GoText.of(value)) is of the type \(value.goType), expected string")
        }
    }
}

extension Problems {
    /// Whether a value is so wrong that rules can't speak of it. Source: `hasBlockingErr` of pkg/registry/customresource.
    fileprivate var blocksRules: Bool {
        all.contains { [.notSupported, .required, .tooLong, .tooMany, .typeInvalid].contains($0.kind) }
    }
}
