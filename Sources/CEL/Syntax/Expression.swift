import Machinery

/// One node of a parsed expression. The checker notes what it finds out in the node itself.
///
/// A node belongs to one compilation and is not shared before that is over.
final class Expression {
    indirect enum Form {
        case literal(Value)
        case name(String)
        /// `operand.field`; optional for `operand.?field`.
        case select(Expression, field: String, isOptional: Bool)
        /// `has(operand.field)`
        case presence(Expression, field: String)
        /// A function or operator; `target` for a call as a member.
        case call(String, target: Expression?, [Expression])
        case list([(element: Expression, isOptional: Bool)])
        case map([(key: Expression, value: Expression, isOptional: Bool)])
        case object(String, [(field: String, value: Expression, isOptional: Bool)])
        case comprehension(Comprehension)
        /// A body in which a name stands for a value; what some macros become.
        case bind(String, Expression, Expression)
    }

    /// A macro over the elements of a list or the entries of a map.
    struct Comprehension {
        enum Kind { case all, exists, existsOne, map, filter, transformMap, transformMapEntry }

        let kind: Kind
        let range: Expression
        let name: String
        /// The second name of macros that take two: then the first is the index or key.
        let secondName: String?
        /// What elements are taken by a map; nil for all.
        let condition: Expression?
        /// The test, or what becomes of an element. Nil for a filter.
        let body: Expression?
    }

    var form: Form
    /// Where in the text, in Unicode scalars from its start.
    let offset: Int

    // What the checker found out:

    var type: ValueType = .dyn
    /// The declaration that stands behind the value, for sizes; nil for values that the expression makes itself.
    var declaration: Declaration?
    /// Overloads of a call that may apply.
    var overloads: [Overload] = []
    /// A name that stands for a variable, or a constant such as a type.
    var reference: Reference?

    enum Reference {
        case input(Int)
        case local(Int)
        case constant(Value)
    }

    init(_ form: Form, at offset: Int) {
        self.form = form
        self.offset = offset
    }

    /// The dotted name that a chain of selections spells; nil for anything else.
    var qualifiedName: String? {
        switch form {
        case .name(let name): name
        case .select(let operand, let field, isOptional: false): operand.qualifiedName.map { $0 + "." + field }
        default: nil
        }
    }
}
