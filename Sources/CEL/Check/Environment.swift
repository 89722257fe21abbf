/// What expressions may speak of: variables, functions, and objects that they may make.
package struct Environment: Sendable {
    package struct Variable: Sendable {
        package let name: String
        let type: ValueType
        let declaration: Declaration?

        package init(_ name: String, _ declaration: Declaration) {
            self.name = name
            type = declaration.type
            self.declaration = declaration
        }

        /// - Parameter isOptional: the variable holds an optional of what is declared.
        package init(_ name: String, optional declaration: Declaration) {
            self.name = name
            type = .optional(declaration.type)
            self.declaration = declaration
        }

        package init(_ name: String, _ type: ValueType) {
            self.name = name
            self.type = type
            declaration = nil
        }
    }

    /// Objects that expressions may make by name.
    package enum Constructed: Sendable {
        /// Fields of any name.
        case open
        case fields([String: ValueType])
    }

    package let variables: [Variable]
    let functions: [String: [Overload]]
    let constructed: @Sendable (String) -> Constructed?
    private let indexes: [String: Int]

    /// - Parameters:
    ///   - variables: the values of an evaluation come in the same order.
    ///   - constructed: the objects that expressions may make; nil for a name that stands for none.
    package init(
        _ variables: [Variable], _ library: Library = .kubernetes,
        constructed: @escaping @Sendable (String) -> Constructed? = { _ in nil }
    ) {
        self.variables = variables
        functions = library.functions
        self.constructed = constructed
        indexes = [String: Int](variables.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    func index(of variable: String) -> Int? { indexes[variable] }

    /// Names that stand for types.
    static let types: [String: ValueType] = [
        "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string, "bytes": .bytes, "null_type": .null,
        "list": .list(.dyn), "map": .map(.dyn, .dyn), "type": .type(.dyn), "dyn": .dyn, "optional_type": .optional(.dyn),
        "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration,
        "net.IP": .opaque("net.IP"), "net.CIDR": .opaque("net.CIDR"), "kubernetes.URL": .opaque("kubernetes.URL"),
        "kubernetes.Quantity": .opaque("kubernetes.Quantity"), "kubernetes.Semver": .opaque("kubernetes.Semver"),
        "kubernetes.NamedFormat": .opaque("kubernetes.NamedFormat"),
    ]

    /// How a type reads as a value.
    static func name(of type: ValueType) -> String {
        switch type {
        case .null: "null_type"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list: "list"
        case .map: "map"
        case .type: "type"
        case .optional: "optional_type"
        default: type.description
        }
    }
}

/// The functions that expressions may call, by name.
package struct Library: Sendable {
    let functions: [String: [Overload]]

    init(_ overloads: [Overload]) {
        functions = [String: [Overload]](grouping: overloads, by: \.function)
    }

    /// CEL itself with the libraries that Kubernetes gives to every expression.
    package static let kubernetes = Library(
        StandardFunctions.all + ConversionFunctions.all + TimeFunctions.all + StringFunctions.all + OptionalFunctions.all
            + ListFunctions.all + ListMakingFunctions.all + SetFunctions.all + RegularExpressionFunctions.all + URLFunctions.all
            + AddressFunctions.all
            + QuantityFunctions.all + SemverFunctions.all + FormatFunctions.all + AuthorizerFunctions.all + PatchFunctions.all)
}
