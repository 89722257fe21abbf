/// Properties that are flags: a verb, or what several verbs share.
package protocol FlagGroup: Sendable {
    init()
}

/// A property whose value stands behind a flag: `--namespace x`.
@propertyWrapper package struct Option<Value: Sendable>: Sendable {
    package var wrappedValue: Value

    private init(value: Value) { wrappedValue = value }
}

extension Option {
    /// - Parameters:
    ///   - bare: the value where the flag is given without one.
    ///   - value: what stands for the value in the help.
    package init(
        wrappedValue: Value, _ name: String, _ letter: Character? = nil, bare: String? = nil, help: String, value: String = "",
        isHidden: Bool = false
    ) where Value: FlagValue {
        let given: [Value] = Self.given(name, letter, bare, help, value, isHidden, unlessGiven: wrappedValue.flagText)
        self.init(value: given.last ?? wrappedValue)
    }

    package init<One: FlagValue>(_ name: String, _ letter: Character? = nil, help: String, value: String = "", isHidden: Bool = false)
    where Value == One? {
        let given: [One] = Self.given(name, letter, nil, help, value, isHidden)
        self.init(value: given.last)
    }

    /// A flag that may be repeated.
    package init<One: FlagValue>(
        wrappedValue: [One], _ name: String, _ letter: Character? = nil, help: String, value: String = "", isHidden: Bool = false
    ) where Value == [One] {
        let given: [One] = Self.given(name, letter, nil, help, value, isHidden)
        self.init(value: given.isEmpty ? wrappedValue : given)
    }

    private static func given<One: FlagValue>(
        _ name: String, _ letter: Character?, _ bare: String?, _ help: String, _ value: String, _ isHidden: Bool,
        unlessGiven: String = ""
    ) -> [One] {
        Declaration.flag(
            Parameter(
                kind: .option(bare: bare), names: [name], letter: letter, value: value.isEmpty ? name : value, doc: help,
                isHidden: isHidden, unlessGiven: unlessGiven, check: { _ = try One(flag: $0) })
        ).compactMap { try? One(flag: $0) }
    }
}

/// A property that a flag turns on or off: `--watch`, `--watch=false`.
@propertyWrapper package struct Flag<Value: Sendable>: Sendable {
    package var wrappedValue: Value

    private init(value: Value) { wrappedValue = value }
}

extension Flag {
    package init(
        wrappedValue: Bool, _ name: String, _ letter: Character? = nil, alias: String? = nil, help: String, isHidden: Bool = false
    ) where Value == Bool {
        let names: [String] = [name] + (alias.map { [$0] } ?? [])
        self.init(value: Self.given(names, letter, help, isHidden, unlessGiven: wrappedValue ? "true" : "") ?? wrappedValue)
    }

    /// A flag for which it matters that it is given.
    package init(_ name: String, _ letter: Character? = nil, help: String, isHidden: Bool = false) where Value == Bool? {
        self.init(value: Self.given([name], letter, help, isHidden, unlessGiven: ""))
    }

    private static func given(_ names: [String], _ letter: Character?, _ help: String, _ isHidden: Bool, unlessGiven: String) -> Bool? {
        Declaration.flag(
            Parameter(
                kind: .flag, names: names, letter: letter, doc: help, isHidden: isHidden, unlessGiven: unlessGiven,
                check: { _ = try Bool(flag: $0) })
        ).last.flatMap { try? Bool(flag: $0) }
    }
}

/// A property that takes words without a dash.
@propertyWrapper package struct Argument<Value: Sendable>: Sendable {
    package var wrappedValue: Value

    private init(value: Value) { wrappedValue = value }
}

extension Argument {
    package init(help: String, value: String) where Value == String {
        self.init(value: Self.given(.one, help, value, false).first ?? "")
    }

    package init(help: String = "", value: String = "", isHidden: Bool = false) where Value == String? {
        self.init(value: Self.given(.next, help, value, isHidden).first)
    }

    package init(help: String, value: String) where Value == [String] {
        self.init(value: Self.given(.several, help, value, false))
    }

    package init(wrappedValue: [String], _ place: WordPlace = .rest, help: String = "", value: String = "", isHidden: Bool = false)
    where Value == [String] {
        self.init(value: Self.given(place, help, value, isHidden))
    }

    private static func given(_ place: WordPlace, _ help: String, _ value: String, _ isHidden: Bool) -> [String] {
        Declaration.words(Parameter(kind: .words(place), value: value, doc: help, isHidden: isHidden))
    }
}

/// A property with flags of its own, which several verbs share.
@propertyWrapper package struct OptionGroup<Content: FlagGroup>: Sendable {
    package var wrappedValue: Content

    /// - Parameter title: under which the help shows them; without one they stand among the verb's own.
    package init(title: String = "") { wrappedValue = Declaration.group(title) { Content() } }
}
