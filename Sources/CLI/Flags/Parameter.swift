import Machinery

/// What a verb declares of one flag, or of words without a dash: all that reading, help, completion and the manual know of it.
struct Parameter: Sendable {
    enum Kind: Sendable {
        /// On or off: `--watch`, `--watch=false`.
        case flag
        /// Has a value. `bare` is the one where it is left out, as pflag's `NoOptDefVal` says.
        case option(bare: String?)
        /// Words by their place.
        case words(WordPlace)
    }

    let kind: Kind
    /// Long names of a flag without dashes; the first is the one that is shown.
    var names: [String] = []
    var letter: Character?
    /// What stands for the value or the word in the help: `name` of `<name>`.
    var value: String = ""
    let doc: String
    /// Taken, and not shown.
    var isHidden: Bool = false
    /// What it is when it is not given, for the help; empty for nothing worth saying.
    var unlessGiven: String = ""
    /// Title of the group that it stands in; empty for the verb's own.
    var section: String = ""
    /// Throws what is wrong with a value, in pflag's words.
    var check: @Sendable (String) throws -> Void = { _ in }

    /// The name that a flag is known by; empty for words.
    var name: String { names.first ?? "" }

    var takesValue: Bool { if case .option = kind { true } else { false } }

    /// The value where the flag stands alone; nil where it needs one.
    var bare: String? {
        switch kind {
        case .flag: "true"
        case .option(let bare): bare
        case .words: nil
        }
    }

    /// nil for flags.
    var place: WordPlace? { if case .words(let place) = kind { place } else { nil } }

    /// As the help writes it: `-n, --namespace <name>`, `<pod>`.
    var shown: String {
        if place != nil { return "<\(value)>" }
        let all: [String] = (letter.map { ["-\($0)"] } ?? []) + names.map { "--" + $0 }
        return all.joined(separator: ", ") + (takesValue ? " <\(value)>" : "")
    }
}

/// Which of the words without a dash a property takes.
package enum WordPlace: Sendable {
    /// One that has to be there.
    case one
    /// The next, if there is one.
    case next
    /// All that are left, at least one.
    case several
    /// All that are left.
    case rest
    /// What stands behind `--`.
    case behindDashes
    /// All from the first on that is no flag of the verb, as they are.
    case everything
}

/// A type that the text of a flag can be read as.
package protocol FlagValue: Sendable {
    /// Throws why it cannot, in the words of Go's flags.
    init(flag text: String) throws
    /// As it would be given.
    var flagText: String { get }
}

/// Why the text of a flag cannot be read.
struct FlagMistake: Error, CustomStringConvertible {
    let description: String
}

extension String: FlagValue {
    package init(flag text: String) { self = text }
    package var flagText: String { self }
}

/// `key=value`.
package struct PairFlag: FlagValue {
    package let flagText: String

    /// Source: `newStringToStringValue` of github.com/spf13/pflag.
    package init(flag text: String) throws {
        guard text.contains("=") else { throw FlagMistake(description: "\(text) must be formatted as key=value") }
        flagText = text
    }
}

extension FlagValue where Self: FixedWidthInteger {
    /// Source: strconv.ParseInt.
    package init(flag text: String) throws {
        guard let number = Self(text) else {
            let digits: Substring = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
            let isNumber: Bool = !digits.isEmpty && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            let fault: String = isNumber ? "value out of range" : "invalid syntax"
            throw FlagMistake(description: "strconv.ParseInt: parsing \(JSON.quoted(text)): \(fault)")
        }
        self = number
    }

    package var flagText: String { String(self) }
}

extension Int: FlagValue {}
extension Int32: FlagValue {}

extension Bool: FlagValue {
    /// Source: strconv.ParseBool.
    package init(flag text: String) throws {
        switch text {
        case "true", "1", "t", "T", "TRUE", "True": self = true
        case "false", "0", "f", "F", "FALSE", "False": self = false
        default: throw FlagMistake(description: "strconv.ParseBool: parsing \(JSON.quoted(text)): invalid syntax")
        }
    }

    package var flagText: String { self ? "true" : "false" }
}
