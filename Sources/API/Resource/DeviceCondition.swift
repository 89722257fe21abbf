import CEL
package import Machinery

/// The condition of a device selector, ready to be asked. Source: staging/src/k8s.io/dynamic-resource-allocation/cel.
package struct DeviceCondition: Sendable {
    /// What is wrong with a condition, or why it has no answer for a device.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    private let program: Program

    /// Throws ``Failure`` for an expression that does not compile, has no truth as its value, or may cost too much.
    package init(_ expression: String) throws(Failure) {
        do throws(CompilationError) {
            program = try Program(expression, in: Self.environment)
        } catch {
            throw Failure(description: "compilation failed: \(error.description)")
        }
        guard program.type == .bool || program.type == .dyn else { throw Failure(description: "must evaluate to bool") }
    }

    /// Throws ``Failure`` where the device lacks what the expression speaks of.
    package func holds(for device: DeviceFacts) throws(Failure) -> Bool {
        let outcome: Program.Outcome = program.evaluate([device.value])
        switch outcome.result {
        case .success(.bool(let holds)): return holds
        case .success(let other): throw Failure(description: "expression returned \(other.typeName), not bool")
        case .failure(let error): throw Failure(description: error.description)
        }
    }

    /// Attributes and capacities by domain and name.
    private static let environment: Environment = {
        let quantity = Declaration(.plain(.opaque("kubernetes.Quantity")), name: "kubernetes.Quantity")
        func member(_ name: String, _ declaration: Declaration) -> (String, Declaration.Member) {
            (name, Declaration.Member(property: name, declaration: declaration))
        }
        let device = Declaration(
            .object(
                [String: Declaration.Member](uniqueKeysWithValues: [
                    member("driver", .string), member("allowMultipleAllocations", .bool),
                    member("attributes", Declaration(.map(Declaration(.map(.dyn), maxElements: 32)), maxElements: 32)),
                    member("capacity", Declaration(.map(Declaration(.map(quantity), maxElements: 32)), maxElements: 32)),
                ])), name: DeviceFacts.typeName)
        return Environment([Environment.Variable("device", device)])
    }()
}

/// What conditions know of a device, read once.
package struct DeviceFacts: Sendable {
    static let typeName = "kubernetes.DRADevice"

    let value: Value

    /// - Parameter driver: whose the device is, and the domain of names that give none.
    package init(_ device: View<Device>, driver: String) {
        var attributes: [String: [String: Value]] = [driver: [:]]
        for member in (device.json["attributes"]?.object ?? [:]).members {
            guard let value = Self.value(of: member.value) else { continue }
            let (domain, name): (String, String) = DeviceName.split(member.key, driver)
            attributes[domain, default: [:]][name] = value
        }
        var capacities: [String: [String: Value]] = [driver: [:]]
        for (key, capacity) in device.capacity {
            let (domain, name): (String, String) = DeviceName.split(key, driver)
            capacities[domain, default: [:]][name] = .quantity(capacity.value)
        }
        // A domain of which nothing is known is empty, not wrong.
        let nothing: Value = .mapping([:])
        value = .fields(
            Self.typeName,
            [
                ("driver", .string(driver)), ("allowMultipleAllocations", .bool(device.allowMultipleAllocations ?? false)),
                ("attributes", .mapping(attributes.mapValues { .mapping($0) }, otherwise: nothing)),
                ("capacity", .mapping(capacities.mapValues { .mapping($0) }, otherwise: nothing)),
            ])
    }

    private static func value(of attribute: JSON) -> Value? {
        if let versions = attribute["versions"]?.array { return .list(versions.compactMap { $0.string.flatMap { Value.version($0) } }) }
        if let version = attribute["version"]?.string { return .version(version) }
        return attribute.object?.members.first.map { Value($0.value, .dyn) }
    }
}

/// Names of attributes and capacities.
package enum DeviceName {
    /// - Parameter driver: the domain of a name that gives none.
    package static func split(_ name: String, _ driver: String) -> (domain: String, name: String) {
        guard let slash = name.firstIndex(of: "/") else { return (driver, name) }
        return (String(name[..<slash]), String(name[name.index(after: slash)...]))
    }

    /// A name with its domain, as in `gpu.example.com/memory`.
    ///
    /// - Parameter driver: the domain of a name that gives none.
    package static func full(_ name: String, _ driver: String) -> String { name.contains("/") ? name : driver + "/" + name }
}
