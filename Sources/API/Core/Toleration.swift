package import Machinery

/// Lets a pod onto nodes with a taint, or stay there for a while.
package struct Toleration: Schema {
    package static let definition = Definition(
        Toleration(), "core.v1.Toleration", "Lets a pod onto nodes with a taint, or stay there for a while.")

    package let key = Field<String>("key", 1, "Key of the taint; empty with Exists for all keys.")
    package let `operator` = Field<String>("operator", 2, "Exists, Equal (also when empty), Lt or Gt.")
    package let value = Field<String>("value", 3, "Value of the taint, unless the operator is Exists.")
    package let effect = Field<String>("effect", 4, "Effect of the taint: NoSchedule, PreferNoSchedule or NoExecute; empty for all.")
    package let tolerationSeconds = Field<Int64?>(
        "tolerationSeconds", 5, "For NoExecute: seconds to stay after the taint appears; forever when absent, not at all from 0 down.")
}
