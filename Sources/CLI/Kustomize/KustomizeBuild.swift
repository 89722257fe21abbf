import Client
import Machinery

/// Builds a kustomization: gathers, generates, changes, names.
/// Source: sigs.k8s.io/kustomize/api/internal/target, kusttarget.go.
struct KustomizeBuild {
    private let context: KustomizeContext

    init(output: Output, restrictor: LoadRestrictor = .rootOnly, enablesHelm: Bool = false) {
        context = KustomizeContext(output: output, restrictor: restrictor, enablesHelm: enablesHelm)
    }

    /// What a kustomization comes to, before references follow the names.
    private struct Accumulation {
        var resources: [KustomizeResource] = []
        var configuration = KustomizeConfiguration()
        var variables = KustomizeVariables()

        /// Takes what another kustomization came to.
        mutating func absorb(_ other: Accumulation) throws {
            for resource in other.resources { try resources.add(resource) }
            try configuration.merge(other.configuration)
            try variables.merge(other.variables)
        }
    }

    /// All objects of a folder's kustomization, in the order in which they are to be made.
    func objects(_ path: String) throws -> [JSON] { try resources(path).map(\.json) }

    func resources(_ path: String) throws -> [KustomizeResource] {
        try Self.refuseRemote(path)
        let folder: String = try Kustomization.folder(path)
        let kustomization = try Kustomization(folder: folder, context)
        if kustomization.json["buildMetadata"]?.isEmpty == false { context.originRoot = folder }
        try context.schema.choose(kustomization)
        let order = try KustomizeOrder(kustomization)
        let built: Accumulation = try accumulate(kustomization, Accumulation(), [folder])
        for resource in built.resources where resource.needsHash {
            resource.rememberID()
            resource.setName(resource.name + "-" + ContentHash.of(resource.json))
        }
        try KustomizeNames.fix(built.resources, built.configuration.references)
        let unused: [String] = try built.variables.resolve(in: built.resources, built.configuration["varReference"])
        if !unused.isEmpty { context.output.note("well-defined vars that were never replaced: \(unused.joined(separator: ","))") }
        let local: [String] = ["metadata", "annotations", "config.kubernetes.io/local-config"]
        let resources: [KustomizeResource] = built.resources.filter { $0.json[local] == nil || $0.json[local] == "false" }
        KustomizeOrigin(kustomization).note(in: resources)
        for resource in resources { resource.json = resource.json.withTexts(["annotations"]) }
        return order.sorted(resources)
    }

    /// - Parameters:
    ///   - accumulation: empty, or for a component what the kustomization around it has so far.
    ///   - around: the folders that are being built, this one last.
    private func accumulate(_ kustomization: Kustomization, _ accumulation: Accumulation, _ around: [String]) throws -> Accumulation {
        var own: Accumulation = accumulation
        do { try gather(kustomization.texts("resources") + kustomization.texts("bases"), kustomization, &own, around) } catch let failure
            as Failure
        {
            throw Failure("accumulating resources: " + failure.description)
        }
        try own.configuration.merge(.builtIn)
        for path in kustomization.texts("configurations") {
            try own.configuration.merge(try KustomizeConfiguration(file: try kustomization.file(path), named: path))
        }
        let crds: [String] = kustomization.texts("crds")
        for path in crds {
            do { try own.configuration.merge(try KustomizeCRDs(file: try kustomization.file(path), named: path).configuration) } catch let
                failure as Failure
            {
                throw Failure("loading CRDs [\(crds.joined(separator: " "))]: \(failure.description)")
            }
        }
        for generator in KustomizeGenerator.all(kustomization) { try generator.generate(into: &own.resources, context.schema) }
        try KustomizeCharts.refuse(kustomization)
        let plugins = KustomizePlugins(kustomization: kustomization, configuration: own.configuration)
        do {
            for generator in try plugins.generators(try configured("generators", kustomization, around)) {
                try generator.generate(into: &own.resources, context.schema)
            }
        }
        do { own = try addComponents(kustomization, own, around) } catch let failure as Failure {
            throw Failure("accumulating components: " + failure.description)
        }
        // A component may have added fields.
        let changed = KustomizePlugins(kustomization: kustomization, configuration: own.configuration)
        let steps: [KustomizeStep<any KustomizeTransformer>] =
            try changed.transformers() + changed.transformers(try configured("transformers", kustomization, around))
        for step in steps {
            try step.work.transform(&own.resources)
            for resource in own.resources {
                guard let origin = step.origin else { continue }
                if resource.origin == nil { resource.origin = origin } else { resource.transformations.append(origin) }
            }
        }
        try validate(changed, kustomization, own.resources, around)
        try own.variables.add(kustomization, own.resources)
        return own
    }

    /// Objects that configure plugins: written in place, or in files.
    private func configured(_ key: String, _ kustomization: Kustomization, _ around: [String]) throws -> [KustomizeResource] {
        var found = Accumulation()
        var paths: [String] = []
        for entry in kustomization.texts(key) {
            guard let objects = Self.inline(entry) else {
                paths.append(entry)
                continue
            }
            for object in objects {
                let resource = KustomizeResource(object, context.schema)
                resource.origin = kustomization.origin(file: String(kustomization.filePath.split(separator: "/").last ?? ""))
                try found.resources.add(resource)
            }
        }
        try gather(paths, kustomization, &found, around)
        return found.resources
    }

    /// The objects that are written in place; nil for the name of a file.
    private static func inline(_ entry: String) -> [JSON]? {
        guard let documents = try? YAML.documents(entry, booleans: .manifests) else { return nil }
        let all: [JSON] = documents.flatMap { objects($0.json) }
        return all.isEmpty || all.contains { $0.object == nil || missing($0) != nil } ? nil : all
    }

    private func validate(
        _ plugins: KustomizePlugins, _ kustomization: Kustomization, _ resources: [KustomizeResource], _ around: [String]
    ) throws {
        for step in try plugins.transformers(try configured("validators", kustomization, around)) {
            let before: [JSON] = resources.map(\.json)
            var resources: [KustomizeResource] = resources
            try step.work.transform(&resources)
            for (old, resource) in zip(before, resources) {
                resource.json[["metadata", "labels", "validated-by"]] = nil
                guard old != resource.json else { continue }
                throw Failure(
                    "validator shouldn't modify the resource map: nodes unequal: \n -- \(old.sortedByKey.text()),\n -- "
                        + "\(resource.json.sortedByKey.text())\n")
            }
        }
    }

    // MARK: - Files and folders

    private func gather(_ entries: [String], _ kustomization: Kustomization, _ own: inout Accumulation, _ around: [String]) throws {
        for entry in entries {
            try Self.refuseRemote(entry)
            do { try add(entry, kustomization, &own) } catch let problem as FileProblem {
                if problem.isMalformed { throw Failure(problem.text) }
                do {
                    let folder: String = try Kustomization.folder(kustomization.path(entry), around: around)
                    let built: Accumulation = try build(folder, asComponentOf: nil, around)
                    do { try own.absorb(built) } catch let failure as Failure {
                        throw Failure("recursed merging from path '\(folder)': \(failure.description)")
                    }
                } catch let failure as Failure {
                    throw Failure("accumulation err='\(problem.text)': \(failure.description)")
                }
            }
        }
    }

    /// Why an entry is no file with objects; it may still be a folder.
    private struct FileProblem: Error {
        let text: String
        var isMalformed: Bool = false
    }

    private func add(_ entry: String, _ kustomization: Kustomization, _ own: inout Accumulation) throws {
        func reading(_ problem: String, isMalformed: Bool = false) -> FileProblem {
            FileProblem(text: "accumulating resources from '\(entry)': \(problem)", isMalformed: isMalformed)
        }
        let bytes: [UInt8]
        do { bytes = try kustomization.file(entry) } catch let failure as Failure { throw reading(failure.description) }
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(bytes, file: entry, booleans: .manifests) } catch {
            let line: String = error.goLine.map { "line \($0): " } ?? ""
            throw reading("MalformedYAMLError: yaml: \(line)\(error.problem) in File: \(entry)", isMalformed: true)
        }
        for document in documents {
            for object in Self.objects(document.json) {
                if let missing = Self.missing(object) { throw reading(missing) }
                let resource = KustomizeResource(object, context.schema)
                resource.origin = kustomization.origin(file: entry)
                do { try own.resources.add(resource) } catch let failure as Failure {
                    throw FileProblem(text: "merging resources from '\(entry)': \(failure.description)")
                }
            }
        }
    }

    /// The elements of a list, or the object itself.
    private static func objects(_ json: JSON) -> [JSON] {
        guard json["kind"]?.string?.hasSuffix("List") == true, let items = json["items"]?.array else { return [json] }
        return items.flatMap(objects)
    }

    /// What an object lacks, with the head of the object as Go prints it.
    private static func missing(_ object: JSON) -> String? {
        let (kind, name): (String, String) = (object.text(at: "kind"), object.text(at: "metadata", "name"))
        guard kind.isEmpty || name.isEmpty else { return nil }
        func pairs(_ member: String) -> String { (object[["metadata", member]] ?? [:]).goText }
        return "missing \(kind.isEmpty ? "kind" : "metadata.name") in object {{\(object.text(at: "apiVersion")) \(kind)} {{\(name) "
            + "\(object.text(at: "metadata", "namespace"))} \(pairs("labels")) \(pairs("annotations"))}}"
    }

    private func addComponents(_ kustomization: Kustomization, _ own: Accumulation, _ around: [String]) throws -> Accumulation {
        try kustomization.texts("components").reduce(own) { own, entry in
            try Self.refuseRemote(entry)
            let folder: String
            do { folder = try Kustomization.folder(kustomization.path(entry), around: around) } catch let failure as Failure {
                throw Failure("loader.New \(JSON.quoted(failure.description))")
            }
            do { return try build(folder, asComponentOf: own, around) } catch let failure as Failure {
                throw Failure("accumulateDirectory: \(JSON.quoted(failure.description))")
            }
        }
    }

    /// Builds the kustomization of a folder: on its own, or as a component upon what there is.
    private func build(_ folder: String, asComponentOf whole: Accumulation?, _ around: [String]) throws -> Accumulation {
        let kustomization: Kustomization
        do { kustomization = try Kustomization(folder: folder, context) } catch let failure as Failure {
            throw Failure("couldn't make target for path '\(folder)': \(failure.description)")
        }
        try context.schema.choose(kustomization)
        if whole != nil, !kustomization.isComponent {
            throw Failure("expected kind 'Component' for path '\(folder)' but got 'Kustomization'")
        }
        if whole == nil, kustomization.isComponent { throw Failure("expected kind != 'Component' for path '\(folder)'") }
        do { return try accumulate(kustomization, whole ?? Accumulation(), around + [folder]) } catch let failure as Failure {
            throw Failure("recursed accumulation of path '\(folder)': \(failure.description)")
        }
    }

    /// Builds never ask the network.
    private static func refuseRemote(_ entry: String) throws {
        let isRemote: Bool =
            entry.contains("://") || entry.hasPrefix("git@") || entry.hasPrefix("github.com/") || entry.contains("?ref=")
            || entry.contains(".git//")
        if isRemote { throw Failure("\(entry) is a remote base, and builds do not ask the network: fetch it first and name the folder") }
    }
}
