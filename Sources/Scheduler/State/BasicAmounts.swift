import API
import Machinery

/// Processor, memory and disk as plain numbers: what nearly every decision asks for, quick to add and compare.
///
/// Thousandths of a processor and bytes, rounded up, as kube-scheduler counts them.
struct BasicAmounts: Sendable, Equatable {
    var cpu: Int64 = 0
    var memory: Int64 = 0
    var disk: Int64 = 0

    init() {}

    init(_ resources: PodResources) {
        cpu = resources.cpu.milliValue
        memory = resources.memory.value
        disk = resources.ephemeralStorage.value
    }

    static func + (one: BasicAmounts, other: BasicAmounts) -> BasicAmounts {
        var sum: BasicAmounts = one
        sum += other
        return sum
    }

    static func += (one: inout BasicAmounts, other: BasicAmounts) {
        one.cpu &+= other.cpu
        one.memory &+= other.memory
        one.disk &+= other.disk
    }

    static func -= (one: inout BasicAmounts, other: BasicAmounts) {
        one.cpu &-= other.cpu
        one.memory &-= other.memory
        one.disk &-= other.disk
    }
}
