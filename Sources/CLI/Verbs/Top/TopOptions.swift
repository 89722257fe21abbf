import Machinery

/// Flags of `top node` and `top pod`.
package struct TopOptions: FlagGroup {
    @Option("sort-by", help: "Sort by cpu or memory.", value: "field")
    var sortBy: String?

    @Flag("no-headers", help: "Leave the header of the table out.")
    var noHeaders = false

    @Flag("show-swap", help: "Show swap, too.")
    var showSwap = false

    @Flag("use-protocol-buffers", help: "Taken for kubectl's sake.", isHidden: true)
    var useProtocolBuffers = true

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    /// Throws kubectl's text for words and flags that do not go together.
    ///
    /// - Parameters:
    ///   - noun: `node` or `pod`.
    ///   - selectors: of which none goes with a name.
    ///   - flag: what they are called: `--selector`.
    func check(_ names: [String], _ noun: String, selectors: [String?], flag: String) throws {
        if names.count > 1 { throw Failure("\(noun) [NAME | -l label]\nSee '\(CLI.program) top \(noun) -h' for help and examples") }
        if let sortBy, !sortBy.isEmpty, !["cpu", "memory"].contains(sortBy) { throw Failure("--sort-by accepts only cpu or memory") }
        if !names.isEmpty, selectors.contains(where: { $0?.isEmpty == false }) {
            throw Failure("only one of NAME or \(flag) can be provided")
        }
    }

    /// The most first of what `--sort-by` names; without it by `name`.
    func sorted(_ items: [JSON], by name: (JSON) -> (String, String), amount: (JSON, String) -> Quantity) -> [JSON] {
        items.sorted { one, other in
            if let sortBy, !sortBy.isEmpty { return amount(one, sortBy) > amount(other, sortBy) }
            return name(one) < name(other)
        }
    }
}
