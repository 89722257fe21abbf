import API
import Machinery

/// `create namespace`
package struct CreateNamespace: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create namespace", abstract: "Make a Namespace.", usage: "swkube create namespace NAME [flags]",
        aliases: ["create ns"])

    @OptionGroup var naming: NameArgument

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        var object: JSON = Namespace.new(name).json
        object["spec"] = [:]
        object["status"] = [:]
        try await creation.create(Namespace.names, object, shell, failure: nil)
    }
}

/// `create serviceaccount`
package struct CreateServiceAccount: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create serviceaccount", abstract: "Make a ServiceAccount.", usage: "swkube create serviceaccount NAME [flags]",
        aliases: ["create sa"])

    @OptionGroup var naming: NameArgument

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        try await creation.create(ServiceAccount.names, ServiceAccount.new(name).json, shell)
    }
}

/// `create poddisruptionbudget`
package struct CreatePodDisruptionBudget: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create poddisruptionbudget", abstract: "Make a PodDisruptionBudget.",
        usage: "swkube create poddisruptionbudget NAME --selector=SELECTOR (--min-available=N | --max-unavailable=N) [flags]",
        aliases: ["create pdb"])

    @OptionGroup var naming: NameArgument

    @Option("selector", help: "Labels of the pods, such as app=web.", value: "selector")
    var selector: String?

    @Option("min-available", help: "Pods that stay at least: a number or a percentage.", value: "count")
    var minAvailable: String?

    @Option("max-unavailable", help: "Pods that may be missing at most: a number or a percentage.", value: "count")
    var maxUnavailable: String?

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        guard let selector, !selector.isEmpty else { throw Failure("a selector must be specified") }
        guard minAvailable != nil || maxUnavailable != nil else {
            throw Failure("one of min-available or max-unavailable must be specified")
        }
        guard minAvailable == nil || maxUnavailable == nil else {
            throw Failure("min-available and max-unavailable cannot be both specified")
        }
        let match: LabelMatch
        do { match = try LabelMatch(parsing: selector) } catch {
            throw Failure("couldn't parse the selector string \(JSON.quoted(selector)): \(error)")
        }
        var object: JSON = PodDisruptionBudget.new(name).json
        object["spec"] = ["selector": Self.json(match)]
        func count(_ text: String, _ flag: String) throws -> JSON {
            let digits: Substring = text.hasSuffix("%") ? text.dropLast() : text[...]
            guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                throw Failure("invalid format specified for \(flag)")
            }
            return Int64(text).map { .int($0) } ?? .string(text)
        }
        if let minAvailable { object[["spec", "minAvailable"]] = try count(minAvailable, "min-available") }
        if let maxUnavailable { object[["spec", "maxUnavailable"]] = try count(maxUnavailable, "max-unavailable") }
        object["status"] = ["currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0]
        try await creation.create(PodDisruptionBudget.names, object, shell)
    }

    /// Equalities as matchLabels, the rest as matchExpressions.
    private static func json(_ match: LabelMatch) -> JSON {
        var labels: JSONObject = [:]
        var expressions: [JSON] = []
        for requirement in match.requirements {
            let json: JSON = requirement.labelSelectorJSON
            if json["operator"] == "In", let values = json["values"]?.array, values.count == 1 {
                labels[requirement.key] = values[0]
            } else {
                expressions.append(json)
            }
        }
        var selector: JSON = [:]
        if !labels.isEmpty { selector["matchLabels"] = .object(labels) }
        if !expressions.isEmpty { selector["matchExpressions"] = .array(expressions) }
        return selector
    }
}

extension LabelMatch.Requirement {
    /// As an element of `matchExpressions`.
    fileprivate var labelSelectorJSON: JSON {
        let values: JSON = .array(self.values.map { .string($0) })
        switch operation {
        case .isIn, .equals, .doubleEquals: return ["key": .string(key), "operator": "In", "values": values]
        case .isNotIn, .notEquals: return ["key": .string(key), "operator": "NotIn", "values": values]
        case .exists: return ["key": .string(key), "operator": "Exists"]
        case .doesNotExist: return ["key": .string(key), "operator": "DoesNotExist"]
        case .greaterThan, .lessThan: return ["key": .string(key), "operator": .string(operation.rawValue), "values": values]
        }
    }
}

/// `create priorityclass`
package struct CreatePriorityClass: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create priorityclass", abstract: "Make a PriorityClass.",
        usage: "swkube create priorityclass NAME --value=VALUE [--global-default] [flags]", aliases: ["create pc"])

    @OptionGroup var naming: NameArgument

    @Option("value", help: "The priority.", value: "int")
    var value = 0

    @Flag("global-default", help: "Give it to pods that name no class.")
    var globalDefault = false

    @Option("description", help: "When to use the class.", value: "text")
    var description: String?

    @Option("preemption-policy", help: "PreemptLowerPriority or Never.", value: "policy")
    var preemptionPolicy = "PreemptLowerPriority"

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        var object: JSON = PriorityClass.new(name).json
        object["value"] = .int(Int64(value))
        if globalDefault { object["globalDefault"] = true }
        if let description { object["description"] = .string(description) }
        object["preemptionPolicy"] = .string(preemptionPolicy)
        try await creation.create(PriorityClass.names, object, shell)
    }
}
